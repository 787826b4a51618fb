package android.net;

/** Stands in for Android's. */
public class Uri {
    private final String text;

    Uri(String text) {
        this.text = text;
    }

    public static Uri parse(String text) {
        return new Uri(text);
    }

    @Override
    public String toString() {
        return text;
    }
}
