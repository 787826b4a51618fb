@HEADER@
package tidegate.bridge.android;

import java.math.BigInteger;
import java.security.SecureRandom;
import tidegate.bridge.core.Chance;

/** Chance from the system's generator: 128 bits each time. */
public final class SecureChance implements Chance {
    private static final int BITS = 128;
    private final SecureRandom random = new SecureRandom();

    @Override
    public String nonce() {
        return text();
    }

    @Override
    public String token() {
        return text();
    }

    private String text() {
        return new BigInteger(BITS, random).setBit(BITS).toString(16).substring(1);
    }
}
