package androidx.webkit;

/** Stands in for that of androidx.webkit. */
public class WebMessageCompat {
    public static final int TYPE_STRING = 0;
    public static final int TYPE_ARRAY_BUFFER = 1;
    private final String data;
    private final WebMessagePortCompat[] ports;

    public WebMessageCompat(String data) {
        this(data, null);
    }

    public WebMessageCompat(String data, WebMessagePortCompat[] ports) {
        this.data = data;
        this.ports = ports;
    }

    public int getType() {
        return data == null ? TYPE_ARRAY_BUFFER : TYPE_STRING;
    }

    public String getData() {
        return data;
    }

    public WebMessagePortCompat[] getPorts() {
        return ports;
    }
}
