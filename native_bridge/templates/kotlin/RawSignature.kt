@HEADER@
package tidegate.bridge.core

/**
 * Turns ECDSA signatures on P-256 between the wire's form, 64 bytes of r and s, and the DER that the JVM's `Signature`
 * gives and takes.
 */
public object RawSignature {
    private const val HALF = 32
    private const val SEQUENCE: Byte = 0x30
    private const val INTEGER: Byte = 0x02

    /**
     * Gives DER for the wire's form.
     *
     * @throws IllegalArgumentException when it does not have 64 bytes, or r or s is zero
     */
    public fun toDer(raw: ByteArray): ByteArray {
        require(raw.size == 2 * HALF) { "a signature in wire form has 64 bytes" }
        val numbers = integer(raw.copyOfRange(0, HALF)) + integer(raw.copyOfRange(HALF, 2 * HALF))
        return byteArrayOf(SEQUENCE, numbers.size.toByte()) + numbers
    }

    private fun integer(number: ByteArray): ByteArray {
        val bare = number.dropWhile { it == 0.toByte() }.toByteArray()
        require(bare.isNotEmpty()) { "a signature's r and s are not zero" }
        val positive = if (bare[0] < 0) byteArrayOf(0) + bare else bare
        return byteArrayOf(INTEGER, positive.size.toByte()) + positive
    }

    /**
     * Gives the wire's form for DER.
     *
     * @throws IllegalArgumentException when it is not the one DER of two positive numbers of at most 32 bytes
     */
    public fun fromDer(der: ByteArray): ByteArray {
        require(der.size >= 8 && der[0] == SEQUENCE && der[1].toInt() == der.size - 2) { WRONG }
        val r = numberAt(der, 2)
        val s = numberAt(der, 2 + 2 + der[3])
        val raw = padded(r) + padded(s)
        require(toDer(raw).contentEquals(der)) { WRONG }
        return raw
    }

    private fun numberAt(der: ByteArray, at: Int): ByteArray {
        require(at + 2 <= der.size && der[at] == INTEGER) { WRONG }
        val length = der[at + 1].toInt()
        require(length in 1..HALF + 1 && at + 2 + length <= der.size) { WRONG }
        return der.copyOfRange(at + 2, at + 2 + length)
    }

    private fun padded(number: ByteArray): ByteArray {
        val bare = if (number.size == HALF + 1 && number[0] == 0.toByte()) number.copyOfRange(1, number.size) else number
        require(bare.size <= HALF) { WRONG }
        return ByteArray(HALF - bare.size) + bare
    }

    private const val WRONG = "not the DER of a signature"
}
