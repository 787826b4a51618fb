@HEADER@
package tidegate.bridge.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Holds values against one type of the contract and gives clean copies.
 *
 * <p>Inputs are read strictly: an undeclared member is refused. Outputs are cut: an undeclared member never leaves the host.
 */
public abstract class Shape {
    /** Stands for a bound that the contract does not set. */
    public static final long NO_MOST = Long.MAX_VALUE;

    /** Stands for a lower bound that the contract does not set. */
    public static final long NO_LEAST = Long.MIN_VALUE;

    /** True or false. */
    public static final Shape BOOL = new Shape() {
        @Override
        Json read(Json value, String path, boolean strict) throws ShapeException {
            return expect("boolean".equals(value.kind()), value, path, "not a boolean");
        }
    };

    private static final Pattern OPEN_VALUE = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,39}");
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    Shape() {}

    /**
     * Reads what a page sent.
     *
     * @return a copy that holds only what the type declares
     * @throws ShapeException when it is anything else
     */
    public final Json input(Json value) throws ShapeException {
        return read(value, "", true);
    }

    /**
     * Cuts what the host would send to the type.
     *
     * @return a copy without undeclared members
     * @throws ShapeException when a declared one is missing or wrong
     */
    public final Json output(Json value) throws ShapeException {
        return read(value, "", false);
    }

    abstract Json read(Json value, String path, boolean strict) throws ShapeException;

    /** Makes a record type; its fields are added one by one. */
    public static Record record() {
        return new Record();
    }

    /** Makes a union whose member {@code tag} says which record it is. */
    public static Union union(String tag) {
        return new Union(tag);
    }

    /** Makes a list type. */
    public static Shape list(final Shape of, final long least, final long most) {
        return new Shape() {
            @Override
            Json read(Json value, String path, boolean strict) throws ShapeException {
                List<Json> items = value.asList();
                expect(items != null, value, path, "not a list");
                bounded(items.size(), least, most, path, "items");
                List<Json> copy = new ArrayList<>(items.size());
                for (int index = 0; index < items.size(); index += 1) {
                    copy.add(of.read(items.get(index), path + "[" + index + "]", strict));
                }
                return new Json.Arr(copy);
            }
        };
    }

    /** Makes a map type; {@code keyPattern} may be null. */
    public static Shape map(final Shape of, String keyPattern, final long most) {
        final Pattern keys = keyPattern == null ? null : Pattern.compile(keyPattern);
        return new Shape() {
            @Override
            Json read(Json value, String path, boolean strict) throws ShapeException {
                expect(value.asObject() != null, value, path, "not an object");
                Map<String, Json> members = value.asObject().members();
                bounded(members.size(), 0, most, path, "entries");
                Map<String, Json> copy = new LinkedHashMap<>();
                for (Map.Entry<String, Json> member : members.entrySet()) {
                    boolean fits = keys == null || keys.matcher(member.getKey()).matches();
                    expect(fits, value, path, "a key does not have the form of the contract");
                    copy.put(member.getKey(), of.read(member.getValue(), path + "." + member.getKey(), strict));
                }
                return new Json.Obj(copy);
            }
        };
    }

    /** Makes an enum type; an open one takes values that are not known yet. */
    public static Shape choice(final boolean open, String... values) {
        final List<String> known = Collections.unmodifiableList(Arrays.asList(values));
        return new Shape() {
            @Override
            Json read(Json value, String path, boolean strict) throws ShapeException {
                String text = value.asText();
                boolean fits = text != null && (known.contains(text) || open && OPEN_VALUE.matcher(text).matches());
                return expect(fits, value, path, "not one of " + String.join(", ", known));
            }
        };
    }

    /** Makes a string type, bounded in code points; {@code pattern} matches the whole text and may be null. */
    public static Shape text(final long least, final long most, String pattern) {
        final Pattern form = pattern == null ? null : Pattern.compile(pattern);
        return new Shape() {
            @Override
            Json read(Json value, String path, boolean strict) throws ShapeException {
                String text = value.asText();
                expect(text != null, value, path, "not a string");
                bounded(text.codePointCount(0, text.length()), least, most, path, "characters");
                boolean fits = form == null || form.matcher(text).matches();
                return expect(fits, value, path, "does not have the form of the contract");
            }
        };
    }

    /** Makes an integer type. */
    public static Shape whole(final long least, final long most) {
        return new Shape() {
            @Override
            Json read(Json value, String path, boolean strict) throws ShapeException {
                expect(value.isWhole(), value, path, "not an integer up to 2^53-1");
                bounded(value.asWhole(), least, most, path, "in amount");
                return value;
            }
        };
    }

    /** Makes a decimal type with at most {@code scale} digits after the point. */
    public static Shape decimal(int scale) {
        String whole = "-?(?:0|[1-9][0-9]*)";
        final Pattern form = Pattern.compile(scale > 0 ? whole + "(?:\\.[0-9]{1," + scale + "})?" : whole);
        return new Shape() {
            @Override
            Json read(Json value, String path, boolean strict) throws ShapeException {
                String text = value.asText();
                return expect(text != null && form.matcher(text).matches(), value, path, "not a decimal");
            }
        };
    }

    /** Makes a type of canonical base64url without padding, bounded in bytes. */
    public static Shape bytes(final long least, final long most) {
        return new Shape() {
            @Override
            Json read(Json value, String path, boolean strict) throws ShapeException {
                String text = value.asText();
                expect(text != null && isBase64url(text), value, path, "not base64url");
                expect(isCanonical(text), value, path, "not canonical base64url");
                bounded(text.length() * 3L / 4, least, most, path, "bytes");
                return value;
            }
        };
    }

    /** Makes a type that another contract owns; no {@code roots} means any. */
    public static Shape json(final long mostBytes, String... roots) {
        final List<String> kinds = Collections.unmodifiableList(Arrays.asList(roots));
        return new Shape() {
            @Override
            Json read(Json value, String path, boolean strict) throws ShapeException {
                expect(kinds.isEmpty() || kinds.contains(value.kind()), value, path, "not one of " + kinds);
                if (mostBytes != NO_MOST) {
                    bounded(JsonWriter.utf8Length(JsonWriter.plain(value)), 0, mostBytes, path, "bytes");
                }
                return value;
            }
        };
    }

    private static boolean isBase64url(String text) {
        for (int index = 0; index < text.length(); index += 1) {
            if (ALPHABET.indexOf(text.charAt(index)) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Tells whether the bits that no byte uses are zero. */
    private static boolean isCanonical(String text) {
        int rest = text.length() % 4;
        if (rest < 2) {
            return rest == 0;
        }
        int free = rest == 2 ? 15 : 3;
        return (ALPHABET.indexOf(text.charAt(text.length() - 1)) & free) == 0;
    }

    static Json expect(boolean holds, Json value, String path, String message) throws ShapeException {
        if (!holds) {
            throw new ShapeException(path, message);
        }
        return value;
    }

    private static void bounded(long size, long least, long most, String path, String unit) throws ShapeException {
        if (size < least || size > most) {
            String from = least == NO_LEAST ? "no least" : Long.toString(least);
            String to = most == NO_MOST ? "no most" : Long.toString(most);
            throw new ShapeException(path, size + " " + unit + ", allowed are " + from + " to " + to);
        }
    }

    /** A record type. */
    public static final class Record extends Shape {
        private final Map<String, Field> fields = new LinkedHashMap<>();

        private Record() {}

        /** Declares a field. */
        public Record field(String name, Shape of, boolean optional, boolean nullable) {
            fields.put(name, new Field(of, optional, nullable));
            return this;
        }

        @Override
        Json read(Json value, String path, boolean strict) throws ShapeException {
            return new Json.Obj(members(value, path, strict, ""));
        }

        Map<String, Json> members(Json value, String path, boolean strict, String also) throws ShapeException {
            expect(value.asObject() != null, value, path, "not an object");
            Map<String, Json> given = value.asObject().members();
            Map<String, Json> copy = new LinkedHashMap<>();
            for (Map.Entry<String, Field> entry : fields.entrySet()) {
                String name = entry.getKey();
                Field field = entry.getValue();
                Json member = given.get(name);
                String at = path.isEmpty() ? name : path + "." + name;
                if (member == null) {
                    expect(field.optional, value, at, "is missing");
                } else {
                    boolean nothing = field.nullable && member == Json.NULL;
                    copy.put(name, nothing ? member : field.of.read(member, at, strict));
                }
            }
            if (strict) {
                refuseExtra(given, path, also);
            }
            return copy;
        }

        private void refuseExtra(Map<String, Json> given, String path, String also) throws ShapeException {
            for (String name : given.keySet()) {
                if (!name.equals(also) && !fields.containsKey(name)) {
                    throw new ShapeException(path.isEmpty() ? name : path + "." + name, "is not declared");
                }
            }
        }
    }

    private static final class Field {
        private final Shape of;
        private final boolean optional;
        private final boolean nullable;

        Field(Shape of, boolean optional, boolean nullable) {
            this.of = of;
            this.optional = optional;
            this.nullable = nullable;
        }
    }

    /** A tagged union of records. */
    public static final class Union extends Shape {
        private final String tag;
        private final Map<String, Record> cases = new LinkedHashMap<>();

        private Union(String tag) {
            this.tag = tag;
        }

        /** Declares the record that a value of the tag means. */
        public Union option(String value, Record of) {
            cases.put(value, of);
            return this;
        }

        @Override
        Json read(Json value, String path, boolean strict) throws ShapeException {
            expect(value.asObject() != null, value, path, "not an object");
            String chosen = value.asObject().text(tag);
            Record of = chosen == null ? null : cases.get(chosen);
            expect(of != null, value, path, "no known " + tag);
            Map<String, Json> copy = new LinkedHashMap<>();
            copy.put(tag, Json.of(chosen));
            copy.putAll(of.members(value, path, strict, tag));
            return new Json.Obj(copy);
        }
    }
}
