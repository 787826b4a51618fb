@HEADER@
package tidegate.bridge.core;

/** The way to the page. */
public interface Port {
    /** Sends a text. A port that throws is taken for gone. */
    void send(String text);
}
