@HEADER@
package tidegate.bridge.core

import java.math.BigInteger

/**
 * Turns ECDSA signatures on P-256 between the wire's form, 64 bytes of r and s, and the DER that the JVM's `Signature`
 * gives and takes. On the wire s lies in the lower half, so that a signature has one form; a signer may give either, and
 * the one means the same as the other.
 */
public object RawSignature {
    private const val HALF = 32
    private const val SEQUENCE: Byte = 0x30
    private const val INTEGER: Byte = 0x02

    /**
     * Gives DER for the wire's form.
     *
     * @throws IllegalArgumentException when it does not have 64 bytes, r or s is zero, or s lies in the upper half
     */
    public fun toDer(raw: ByteArray): ByteArray {
        require(raw.size == 2 * HALF && !isHigh(secondOf(raw))) {
            "a signature in wire form has 64 bytes, and its s lies in the lower half"
        }
        return encoded(raw)
    }

    private fun secondOf(raw: ByteArray): BigInteger = BigInteger(1, raw.copyOfRange(HALF, 2 * HALF))

    private fun isHigh(s: BigInteger): Boolean = s > ORDER.shiftRight(1)

    private fun encoded(raw: ByteArray): ByteArray {
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
     * Gives the wire's form for DER; an s in the upper half is taken to the lower one.
     *
     * @throws IllegalArgumentException when it is not the one DER of two positive numbers of at most 32 bytes
     */
    public fun fromDer(der: ByteArray): ByteArray {
        require(der.size >= 8 && der[0] == SEQUENCE && der[1].toInt() == der.size - 2) { WRONG }
        val r = numberAt(der, 2)
        val s = numberAt(der, 2 + 2 + der[3])
        val raw = padded(r) + padded(s)
        val second = secondOf(raw)
        require(encoded(raw).contentEquals(der) && second < ORDER) { WRONG }
        return if (isHigh(second)) padded(r) + padded((ORDER - second).toByteArray()) else raw
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

    private val ORDER = BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
    private const val WRONG = "not the DER of a signature"
}
