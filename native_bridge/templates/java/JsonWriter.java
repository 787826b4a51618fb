@HEADER@
package tidegate.bridge.core;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Map;

/** Writes JSON in the form that ECMAScript gives it, so that every host of the bridge writes the same text. */
public final class JsonWriter {
    private static final String SHORT_ESCAPES = "btn?fr";
    private static final int MOST_DIGITS = 17;
    private final StringBuilder out = new StringBuilder();
    private final boolean inert;

    private JsonWriter(boolean inert) {
        this.inert = inert;
    }

    /** Writes a value. */
    public static String plain(Json value) {
        return new JsonWriter(false).written(value);
    }

    /** Writes a value that stays inert wherever it is pasted: no {@code <}, no U+2028, no U+2029. */
    public static String inert(Json value) {
        return new JsonWriter(true).written(value);
    }

    /** Counts a text's bytes in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
    public static int utf8Length(String text) {
        int bytes = 0;
        for (int index = 0; index < text.length(); index += 1) {
            char one = text.charAt(index);
            if (one < 0x80) {
                bytes += 1;
            } else if (one < 0x800) {
                bytes += 2;
            } else if (pairAt(text, index)) {
                bytes += 4;
                index += 1;
            } else {
                bytes += 3;
            }
        }
        return bytes;
    }

    private static boolean pairAt(String text, int index) {
        return Character.isHighSurrogate(text.charAt(index)) && index + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(index + 1));
    }

    private String written(Json value) {
        write(value);
        return out.toString();
    }

    private void write(Json value) {
        if (value.asText() != null) {
            text(value.asText());
        } else if (value.asObject() != null) {
            object(value.asObject());
        } else if (value.asList() != null) {
            String mark = "[";
            for (Json item : value.asList()) {
                out.append(mark);
                write(item);
                mark = ",";
            }
            out.append("[".equals(mark) ? "[]" : "]");
        } else if (value instanceof Json.Number) {
            out.append(number(((Json.Number) value).value()));
        } else {
            out.append(value == Json.NULL ? "null" : value == Json.Bool.TRUE ? "true" : "false");
        }
    }

    private void object(Json.Obj object) {
        out.append('{');
        boolean first = true;
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            if (!first) {
                out.append(',');
            }
            first = false;
            text(member.getKey());
            out.append(':');
            write(member.getValue());
        }
        out.append('}');
    }

    private void text(String text) {
        out.append('"');
        int done = 0;
        for (int index = 0; index < text.length(); index += 1) {
            char one = text.charAt(index);
            if (Character.isSurrogate(one) && pairAt(text, index)) {
                index += 1;
            } else if (escapes(one)) {
                out.append(text, done, index);
                escape(one);
                done = index + 1;
            }
        }
        out.append(text, done, text.length()).append('"');
    }

    private boolean escapes(char one) {
        return one < ' ' || one == '"' || one == '\\' || Character.isSurrogate(one)
                || inert && (one == '<' || one == '\u2028' || one == '\u2029');
    }

    private void escape(char one) {
        if (one == '"' || one == '\\') {
            out.append('\\').append(one);
        } else if (one >= '\b' && one <= '\r' && one != 0x0B) {
            out.append('\\').append(SHORT_ESCAPES.charAt(one - '\b'));
        } else {
            out.append("\\u").append(Integer.toHexString(0x10000 | one).substring(1));
        }
    }

    private static String number(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return "null";
        }
        if (Math.rint(value) == value && Math.abs(value) < 1e18) {
            return value == 0 || Math.abs(value) <= 9007199254740991.0 ? Long.toString((long) value) : laidOut(shortest(value));
        }
        return laidOut(shortest(value));
    }

    /** Finds the fewest digits that read back as the same number, and of those the nearest. */
    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(value);
        for (int digits = 1; digits < MOST_DIGITS; digits += 1) {
            BigDecimal low = exact.round(new MathContext(digits, RoundingMode.DOWN));
            BigDecimal high = exact.round(new MathContext(digits, RoundingMode.UP));
            boolean lowNearer = exact.subtract(low).abs().compareTo(high.subtract(exact).abs()) <= 0;
            BigDecimal near = lowNearer ? low : high;
            if (near.doubleValue() == value) {
                return near;
            }
            BigDecimal far = lowNearer ? high : low;
            if (far.doubleValue() == value) {
                return far;
            }
        }
        return exact.round(new MathContext(MOST_DIGITS, RoundingMode.HALF_EVEN));
    }

    private static String laidOut(BigDecimal value) {
        BigDecimal bare = value.stripTrailingZeros();
        String sign = bare.signum() < 0 ? "-" : "";
        String digits = bare.unscaledValue().abs().toString();
        int point = digits.length() - bare.scale();
        if (point > 21 || point <= -6) {
            String rest = digits.length() > 1 ? "." + digits.substring(1) : "";
            return sign + digits.charAt(0) + rest + "e" + (point > 0 ? "+" : "-") + Math.abs(point - 1);
        }
        if (point <= 0) {
            return sign + "0." + zeros(-point) + digits;
        }
        if (point >= digits.length()) {
            return sign + digits + zeros(point - digits.length());
        }
        return sign + digits.substring(0, point) + "." + digits.substring(point);
    }

    private static String zeros(int count) {
        StringBuilder zeros = new StringBuilder();
        for (int index = 0; index < count; index += 1) {
            zeros.append('0');
        }
        return zeros.toString();
    }
}
