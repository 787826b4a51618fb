package android.os;

/** Stands in for Android's. */
public final class Looper {
    private Looper() {}

    public static Looper getMainLooper() {
        return new Looper();
    }
}
