package android.webkit;

/** Stands in for Android's. */
public class WebView {}
