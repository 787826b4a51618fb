@HEADER@
package tidegate.bridge.core;

/** Texts that nobody can guess: at least 128 bits, different each time. */
public interface Chance {
    /** Gives a nonce for a greeting. */
    String nonce();

    /** Gives a token for a session. */
    String token();
}
