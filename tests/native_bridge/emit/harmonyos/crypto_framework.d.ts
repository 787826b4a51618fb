/** As much of HarmonyOS's cryptography as the adapter uses. */
declare namespace cryptoFramework {
  interface DataBlob {
    data: Uint8Array;
  }

  interface Random {
    generateRandomSync(len: number): DataBlob;
  }

  function createRandom(): Random;
}

export default cryptoFramework;
