@HEADER@
package tidegate.bridge.core;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * Turns ECDSA signatures on P-256 between the wire's form, 64 bytes of r and s, and the DER that the JVM's
 * {@code Signature} gives and takes. On the wire s lies in the lower half, so that a signature has one form; a signer may
 * give either, and the one means the same as the other.
 */
public final class RawSignature {
    private static final int HALF = 32;
    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;
    private static final BigInteger ORDER =
            new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

    private RawSignature() {}

    /**
     * Gives DER for the wire's form.
     *
     * @throws IllegalArgumentException when it does not have 64 bytes, r or s is zero, or s lies in the upper half
     */
    public static byte[] toDer(byte[] raw) {
        if (raw.length != 2 * HALF || isHigh(secondOf(raw))) {
            throw new IllegalArgumentException("a signature in wire form has 64 bytes, and its s lies in the lower half");
        }
        return encoded(raw);
    }

    private static BigInteger secondOf(byte[] raw) {
        return new BigInteger(1, Arrays.copyOfRange(raw, HALF, 2 * HALF));
    }

    private static boolean isHigh(BigInteger s) {
        return s.compareTo(ORDER.shiftRight(1)) > 0;
    }

    private static byte[] encoded(byte[] raw) {
        byte[] r = minimal(Arrays.copyOfRange(raw, 0, HALF));
        byte[] s = minimal(Arrays.copyOfRange(raw, HALF, 2 * HALF));
        byte[] der = new byte[6 + r.length + s.length];
        der[0] = SEQUENCE;
        der[1] = (byte) (4 + r.length + s.length);
        put(der, 2, r);
        put(der, 4 + r.length, s);
        return der;
    }

    private static void put(byte[] der, int at, byte[] number) {
        der[at] = INTEGER;
        der[at + 1] = (byte) number.length;
        System.arraycopy(number, 0, der, at + 2, number.length);
    }

    /** Gives a positive number's shortest two's complement. */
    private static byte[] minimal(byte[] number) {
        int start = 0;
        while (start < number.length && number[start] == 0) {
            start += 1;
        }
        if (start == number.length) {
            throw new IllegalArgumentException("a signature's r and s are not zero");
        }
        int sign = number[start] < 0 ? 1 : 0;
        byte[] out = new byte[number.length - start + sign];
        System.arraycopy(number, start, out, sign, number.length - start);
        return out;
    }

    /**
     * Gives the wire's form for DER; an s in the upper half is taken to the lower one.
     *
     * @throws IllegalArgumentException when it is not the one DER of two positive numbers of at most 32 bytes
     */
    public static byte[] fromDer(byte[] der) {
        if (der.length < 8 || der[0] != SEQUENCE || der[1] != der.length - 2) {
            throw new IllegalArgumentException("not the DER of a signature");
        }
        byte[] raw = new byte[2 * HALF];
        int next = take(der, 2, raw, 0);
        if (take(der, next, raw, HALF) != der.length || !Arrays.equals(encoded(raw), der)) {
            throw new IllegalArgumentException("not the DER of a signature");
        }
        BigInteger s = secondOf(raw);
        if (s.compareTo(ORDER) >= 0) {
            throw new IllegalArgumentException("not the DER of a signature");
        }
        return isHigh(s) ? withSecond(raw, ORDER.subtract(s).toByteArray()) : raw;
    }

    private static byte[] withSecond(byte[] raw, byte[] s) {
        byte[] low = Arrays.copyOf(raw, 2 * HALF);
        Arrays.fill(low, HALF, 2 * HALF, (byte) 0);
        int size = Math.min(s.length, HALF);
        System.arraycopy(s, s.length - size, low, 2 * HALF - size, size);
        return low;
    }

    private static int take(byte[] der, int at, byte[] raw, int offset) {
        if (at + 2 > der.length || der[at] != INTEGER) {
            throw new IllegalArgumentException("not the DER of a signature");
        }
        int length = der[at + 1];
        int end = at + 2 + length;
        if (length < 1 || length > HALF + 1 || end > der.length || length == HALF + 1 && der[at + 2] != 0) {
            throw new IllegalArgumentException("not the DER of a signature");
        }
        int size = Math.min(length, HALF);
        System.arraycopy(der, end - size, raw, offset + HALF - size, size);
        return end;
    }
}
