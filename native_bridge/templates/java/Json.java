@HEADER@
package tidegate.bridge.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON value. It never changes once it is made, so it may be shared among threads. */
public abstract class Json {
    /** JSON's {@code null}. */
    public static final Json NULL = new Null();

    private Json() {}

    /** Gives a text, and JSON's {@code null} for Java's. */
    public static Json of(String text) {
        return text == null ? NULL : new Text(text);
    }

    /** Gives a number. */
    public static Json of(long number) {
        return new Number(number);
    }

    /** Gives a boolean. */
    public static Json of(boolean value) {
        return value ? Bool.TRUE : Bool.FALSE;
    }

    /** Starts an object. */
    public static Members object() {
        return new Members();
    }

    /** Gives the object, or null when this is something else. */
    public Obj asObject() {
        return null;
    }

    /** Gives the list, or null when this is something else. */
    public List<Json> asList() {
        return null;
    }

    /** Gives the text, or null when this is something else. */
    public String asText() {
        return null;
    }

    /** Tells whether this is a whole number within 2^53-1 on either side. */
    public boolean isWhole() {
        return false;
    }

    /** Gives the whole number; ask {@link #isWhole()} first. */
    public long asWhole() {
        throw new IllegalStateException("not a whole number");
    }

    /** Tells whether this is JSON's {@code true}. */
    public boolean isTrue() {
        return false;
    }

    /** Gives the kind as JSON names it: object, array, string, number, boolean or null. */
    public abstract String kind();

    /** Writes it as JSON. */
    @Override
    public String toString() {
        return JsonWriter.plain(this);
    }

    /** Compares what both write as JSON. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Json && toString().equals(other.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /** An object whose members keep their order. */
    public static final class Obj extends Json {
        private final Map<String, Json> members;

        Obj(Map<String, Json> members) {
            this.members = Collections.unmodifiableMap(members);
        }

        /** Gives the members in their order. */
        public Map<String, Json> members() {
            return members;
        }

        /** Gives a member, or null when there is none. */
        public Json get(String name) {
            return members.get(name);
        }

        /** Gives a member's text, or null when it is absent or no text. */
        public String text(String name) {
            Json member = members.get(name);
            return member == null ? null : member.asText();
        }

        /** Tells whether there is such a member. */
        public boolean has(String name) {
            return members.containsKey(name);
        }

        @Override
        public Obj asObject() {
            return this;
        }

        @Override
        public String kind() {
            return "object";
        }
    }

    /** Collects the members of an object. */
    public static final class Members {
        private final Map<String, Json> members = new LinkedHashMap<>();

        private Members() {}

        /** Adds a member. */
        public Members with(String name, Json value) {
            members.put(name, value == null ? NULL : value);
            return this;
        }

        /** Adds a text; null becomes JSON's. */
        public Members with(String name, String text) {
            return with(name, of(text));
        }

        /** Adds a number. */
        public Members with(String name, long number) {
            return with(name, of(number));
        }

        /** Adds a boolean. */
        public Members with(String name, boolean value) {
            return with(name, of(value));
        }

        /** Adds all members of another object. */
        public Members withAll(Obj other) {
            members.putAll(other.members);
            return this;
        }

        /** Gives the object. */
        public Obj end() {
            return new Obj(new LinkedHashMap<>(members));
        }
    }

    /** A list. */
    public static final class Arr extends Json {
        private final List<Json> items;

        /** Keeps a copy of the items. */
        public Arr(List<? extends Json> items) {
            this.items = Collections.unmodifiableList(new ArrayList<>(items));
        }

        @Override
        public List<Json> asList() {
            return items;
        }

        @Override
        public String kind() {
            return "array";
        }
    }

    /** A text. */
    static final class Text extends Json {
        private final String text;

        Text(String text) {
            this.text = text;
        }

        @Override
        public String asText() {
            return text;
        }

        @Override
        public String kind() {
            return "string";
        }
    }

    /** A number, as the 64-bit floating-point number that every JSON reader agrees on. */
    static final class Number extends Json {
        private static final double MOST = 9007199254740991.0;
        private final double value;

        Number(double value) {
            this.value = value;
        }

        double value() {
            return value;
        }

        @Override
        public boolean isWhole() {
            return Math.rint(value) == value && Math.abs(value) <= MOST;
        }

        @Override
        public long asWhole() {
            if (!isWhole()) {
                return super.asWhole();
            }
            return (long) value;
        }

        @Override
        public String kind() {
            return "number";
        }
    }

    /** True or false. */
    static final class Bool extends Json {
        static final Bool TRUE = new Bool();
        static final Bool FALSE = new Bool();

        private Bool() {}

        @Override
        public boolean isTrue() {
            return this == TRUE;
        }

        @Override
        public String kind() {
            return "boolean";
        }
    }

    private static final class Null extends Json {
        @Override
        public String kind() {
            return "null";
        }
    }
}
