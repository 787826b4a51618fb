@HEADER@
package tidegate.bridge.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON and refuses what two readers could understand differently: duplicate keys, {@code __proto__} as a key,
 * numbers beyond 2^53-1 or without end, lone surrogates, nesting deeper than the limit, anything after the value.
 */
public final class JsonReader {
    private static final double MOST = 9007199254740991.0;
    private static final int SHORT = 15;
    private final String text;
    private final int maxDepth;
    private final boolean strict;
    private int at;

    private JsonReader(String text, int maxDepth, boolean strict) {
        this.text = text;
        this.maxDepth = maxDepth;
        this.strict = strict;
    }

    /**
     * Reads a foreign text.
     *
     * @throws JsonException when it is not strict JSON or nests deeper than {@code maxDepth}
     */
    public static Json strict(String text, int maxDepth) throws JsonException {
        return new JsonReader(text, maxDepth, true).whole();
    }

    /**
     * Reads a text of the host's own, such as a verified manifest: any number and any string that JSON can write.
     *
     * @throws JsonException when it is not JSON or nests deeper than {@code maxDepth}
     */
    public static Json trusted(String text, int maxDepth) throws JsonException {
        return new JsonReader(text, maxDepth, false).whole();
    }

    private Json whole() throws JsonException {
        Json value = value(0);
        space();
        if (at < text.length()) {
            throw fail("something after the value");
        }
        return value;
    }

    private JsonException fail(String message) {
        return new JsonException(message, at);
    }

    private void space() {
        while (at < text.length()) {
            char next = text.charAt(at);
            if (next != ' ' && next != '\t' && next != '\n' && next != '\r') {
                return;
            }
            at += 1;
        }
    }

    /** Skips space and gives the next character without taking it; 0 at the end. */
    private char peek() {
        space();
        return here();
    }

    private char here() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private Json value(int depth) throws JsonException {
        switch (peek()) {
            case '{':
                return object(depth + 1);
            case '[':
                return array(depth + 1);
            case '"':
                return new Json.Text(string());
            case 't':
                return word("true", Json.Bool.TRUE);
            case 'f':
                return word("false", Json.Bool.FALSE);
            case 'n':
                return word("null", Json.NULL);
            default:
                return number();
        }
    }

    private Json word(String word, Json value) throws JsonException {
        if (!text.startsWith(word, at)) {
            throw fail("no JSON value");
        }
        at += word.length();
        return value;
    }

    private void enter(int depth) throws JsonException {
        if (depth > maxDepth) {
            throw fail("deeper than " + maxDepth);
        }
        at += 1;
    }

    /** Takes a comma or the closing mark; true when another item follows. */
    private boolean more(char closing) throws JsonException {
        char next = peek();
        if (next != closing && next != ',') {
            throw fail("neither , nor " + closing);
        }
        at += 1;
        return next == ',';
    }

    private Json array(int depth) throws JsonException {
        enter(depth);
        List<Json> items = new ArrayList<>();
        if (peek() == ']') {
            at += 1;
            return new Json.Arr(items);
        }
        do {
            items.add(value(depth));
        } while (more(']'));
        return new Json.Arr(items);
    }

    private Json object(int depth) throws JsonException {
        enter(depth);
        Map<String, Json> members = new LinkedHashMap<>();
        if (peek() == '}') {
            at += 1;
            return new Json.Obj(members);
        }
        do {
            String key = key(members);
            members.put(key, value(depth));
        } while (more('}'));
        return new Json.Obj(members);
    }

    private String key(Map<String, Json> members) throws JsonException {
        if (peek() != '"') {
            throw fail("a key that is no string");
        }
        String key = string();
        if (strict && "__proto__".equals(key)) {
            throw fail("the key __proto__");
        }
        if (members.containsKey(key)) {
            throw fail("a key given twice");
        }
        if (peek() != ':') {
            throw fail("no colon after a key");
        }
        at += 1;
        return key;
    }

    private String string() throws JsonException {
        int start = at + 1;
        int end = plainEnd(start);
        String value;
        if (end < text.length() && text.charAt(end) == '"') {
            value = text.substring(start, end);
            at = end + 1;
        } else {
            value = escaped(start, end);
        }
        if (strict && hasLoneSurrogate(value)) {
            throw fail("a lone surrogate");
        }
        return value;
    }

    private String escaped(int start, int end) throws JsonException {
        StringBuilder value = new StringBuilder().append(text, start, end);
        at = end;
        while (here() != '"') {
            if (here() != '\\') {
                throw fail("a broken string");
            }
            at += 1;
            value.append(escape());
            int plain = at;
            at = plainEnd(at);
            value.append(text, plain, at);
        }
        at += 1;
        return value.toString();
    }

    /** Finds the end of what stands for itself. */
    private int plainEnd(int start) {
        int end = start;
        while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\\' && text.charAt(end) >= ' ') {
            end += 1;
        }
        return end;
    }

    private char escape() throws JsonException {
        char letter = here();
        at += 1;
        int known = "\"\\/bfnrt".indexOf(letter);
        if (known >= 0) {
            return "\"\\/\b\f\n\r\t".charAt(known);
        }
        if (letter != 'u' || at + 4 > text.length()) {
            throw fail("a broken string");
        }
        int code = 0;
        for (int index = 0; index < 4; index += 1) {
            code = code * 16 + hex(text.charAt(at + index));
        }
        at += 4;
        return (char) code;
    }

    private int hex(char letter) throws JsonException {
        if (letter >= '0' && letter <= '9') {
            return letter - '0';
        }
        int small = letter | 0x20;
        if (letter < 0x80 && small >= 'a' && small <= 'f') {
            return small - 'a' + 10;
        }
        throw fail("a broken string");
    }

    private static boolean hasLoneSurrogate(String value) {
        for (int index = 0; index < value.length(); index += 1) {
            char one = value.charAt(index);
            if (Character.isSurrogate(one)) {
                boolean pair = Character.isHighSurrogate(one) && index + 1 < value.length()
                        && Character.isLowSurrogate(value.charAt(index + 1));
                if (!pair) {
                    return true;
                }
                index += 1;
            }
        }
        return false;
    }

    private Json number() throws JsonException {
        int start = at;
        if (here() == '-') {
            at += 1;
        }
        if (here() == '0') {
            at += 1;
        } else {
            digits();
        }
        boolean plain = at - start <= SHORT;
        if (here() == '.') {
            at += 1;
            digits();
            plain = false;
        }
        if (here() == 'e' || here() == 'E') {
            at += 1;
            if (here() == '+' || here() == '-') {
                at += 1;
            }
            digits();
            plain = false;
        }
        String raw = text.substring(start, at);
        return new Json.Number(plain && raw.charAt(0) != '-' ? (double) Long.parseLong(raw) : bounded(raw));
    }

    private void digits() throws JsonException {
        int start = at;
        while (here() >= '0' && here() <= '9') {
            at += 1;
        }
        if (at == start) {
            throw fail("no JSON value");
        }
    }

    private double bounded(String raw) throws JsonException {
        double value = Double.parseDouble(raw);
        if (Double.isInfinite(value)) {
            throw fail("a number without end");
        }
        if (strict && Math.abs(value) > MOST) {
            throw fail("a number beyond 2^53-1");
        }
        return value;
    }
}
