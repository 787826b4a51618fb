@HEADER@
package tidegate.bridge.core;

import java.util.Arrays;

/**
 * Turns ECDSA signatures on P-256 between the wire's form, 64 bytes of r and s, and the DER that the JVM's
 * {@code Signature} gives and takes.
 */
public final class RawSignature {
    private static final int HALF = 32;
    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;

    private RawSignature() {}

    /**
     * Gives DER for the wire's form.
     *
     * @throws IllegalArgumentException when it does not have 64 bytes, or r or s is zero
     */
    public static byte[] toDer(byte[] raw) {
        if (raw.length != 2 * HALF) {
            throw new IllegalArgumentException("a signature in wire form has 64 bytes");
        }
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
     * Gives the wire's form for DER.
     *
     * @throws IllegalArgumentException when it is not the one DER of two positive numbers of at most 32 bytes
     */
    public static byte[] fromDer(byte[] der) {
        if (der.length < 8 || der[0] != SEQUENCE || der[1] != der.length - 2) {
            throw new IllegalArgumentException("not the DER of a signature");
        }
        byte[] raw = new byte[2 * HALF];
        int next = take(der, 2, raw, 0);
        if (take(der, next, raw, HALF) != der.length || !Arrays.equals(toDer(raw), der)) {
            throw new IllegalArgumentException("not the DER of a signature");
        }
        return raw;
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
