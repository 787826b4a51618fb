package tidegate.harness;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import tidegate.bridge.core.Json;
import tidegate.bridge.core.RawSignature;

/** Verifies signatures in wire form with the runtime's own ECDSA. */
final class Signatures {
    private Signatures() {}

    static boolean verifies(Json.Obj command) throws GeneralSecurityException {
        byte[] bytes = decoded(command.text("bytes"));
        Json key = command.get("key");
        if (key == null || key.asObject() == null) {
            throw new IllegalArgumentException("verify needs a key as a JWK");
        }
        Signature verifier = Signature.getInstance("SHA256withECDSA");
        verifier.initVerify(publicKey(key.asObject()));
        verifier.update(bytes);
        try {
            return verifier.verify(RawSignature.toDer(decoded(command.text("signature"))));
        } catch (IllegalArgumentException | java.security.SignatureException error) {
            return false;
        }
    }

    private static PublicKey publicKey(Json.Obj jwk) throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        BigInteger x = new BigInteger(1, decoded(jwk.text("x")));
        BigInteger y = new BigInteger(1, decoded(jwk.text("y")));
        ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
        return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(new ECPoint(x, y), curve));
    }

    private static byte[] decoded(String text) {
        if (text == null) {
            throw new IllegalArgumentException("bytes are base64url");
        }
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        if (!Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text)) {
            throw new IllegalArgumentException("base64url has one form, without padding");
        }
        return bytes;
    }
}
