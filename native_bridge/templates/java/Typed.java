@HEADER@
package tidegate.bridge.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Takes generated types from checked JSON and back. The generated code uses it; an app need not. */
public final class Typed {
    private Typed() {}

    /** Reads a member that may be absent or null; both become null. */
    public static <T> T optional(Json member, Function<Json, T> read) {
        return member == null || member == Json.NULL ? null : read.apply(member);
    }

    /** Keeps a list as it is now; null stays null. */
    public static <T> List<T> copy(List<T> items) {
        return items == null ? null : Collections.unmodifiableList(new ArrayList<>(items));
    }

    /** Keeps a map as it is now; null stays null. */
    public static <T> Map<String, T> copy(Map<String, T> entries) {
        return entries == null ? null : Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /** Reads a list. */
    public static <T> List<T> list(Json value, Function<Json, T> read) {
        List<T> items = new ArrayList<>();
        for (Json item : value.asList()) {
            items.add(read.apply(item));
        }
        return Collections.unmodifiableList(items);
    }

    /** Reads a map. */
    public static <T> Map<String, T> map(Json value, Function<Json, T> read) {
        Map<String, T> entries = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : value.asObject().members().entrySet()) {
            entries.put(member.getKey(), read.apply(member.getValue()));
        }
        return Collections.unmodifiableMap(entries);
    }

    /** Writes a list. */
    public static <T> Json json(List<T> items, Function<T, Json> write) {
        List<Json> written = new ArrayList<>();
        for (T item : items) {
            written.add(write.apply(item));
        }
        return new Json.Arr(written);
    }

    /** Writes a map. */
    public static <T> Json json(Map<String, T> entries, Function<T, Json> write) {
        Json.Members members = Json.object();
        for (Map.Entry<String, T> entry : entries.entrySet()) {
            members.with(entry.getKey(), write.apply(entry.getValue()));
        }
        return members.end();
    }

    /** Gives a reply that takes a typed result. */
    public static <T> Reply<T> reply(final Reply<Json> reply, final Function<T, Json> write) {
        return new Reply<T>() {
            @Override
            public void succeed(T result) {
                Json written;
                try {
                    written = result == null ? Json.NULL : write.apply(result);
                } catch (RuntimeException error) {
                    reply.fail(error);
                    return;
                }
                reply.succeed(written);
            }

            @Override
            public void fail(Exception error) {
                reply.fail(error);
            }
        };
    }

    /** Gives a sender of typed chunks. */
    public static <T> ChunkSender<T> chunks(final Call call, final Function<T, Json> write) {
        return chunk -> call.chunk(write.apply(chunk));
    }
}
