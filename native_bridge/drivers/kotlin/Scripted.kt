package tidegate.harness

import tidegate.bridge.core.BridgeException
import tidegate.bridge.core.Call
import tidegate.bridge.core.Handler
import tidegate.bridge.core.Json
import tidegate.bridge.core.JsonArray
import tidegate.bridge.core.JsonBool
import tidegate.bridge.core.JsonNull
import tidegate.bridge.core.JsonObject
import tidegate.bridge.core.Reply
import tidegate.bridge.core.json
import tidegate.bridge.core.jsonObject

/** Methods that do what a vector scripts, and remember who called them with what. */
internal class Scripted(script: JsonObject) {
    private class Waiting(val call: Call, val reply: Reply)

    private val made = linkedMapOf<String, List<Json>>()
    private val waiting = mutableListOf<Waiting>()

    val handlers: Map<String, Handler> = script.members.mapValues { (_, acts) ->
        val list = (acts as? JsonArray)?.items.orEmpty().map { it as? JsonObject }
        require(list.isNotEmpty() && null !in list) { "a method's script is a list of acts" }
        Handler { params, call, reply -> called(list.filterNotNull(), params, call, reply) }
    }

    val calls: JsonObject
        get() = JsonObject(made.mapValues { JsonArray(it.value) })

    private fun called(acts: List<JsonObject>, params: JsonObject, call: Call, reply: Reply) {
        val earlier = made[call.method].orEmpty()
        made[call.method] = earlier + jsonObject("bundle" to json(call.bundle.bundle), "params" to params)
        val act = acts[minOf(earlier.size, acts.lastIndex)]
        if (act["waits"] != null) waiting += Waiting(call, reply) else perform(act, reply)
    }

    private fun perform(act: JsonObject, reply: Reply) {
        val error = act["throws"] as? JsonObject ?: return reply.succeed(act["returns"] ?: JsonNull)
        val retryable = (error["retryable"] as? JsonBool)?.value
        val details = error["details"] as? JsonObject ?: JsonObject.EMPTY
        reply.fail(BridgeException(error.text("code").orEmpty(), error.text("message").orEmpty(), retryable, details))
    }

    /** Ends the oldest waiting call of a method. */
    fun finish(method: String, act: JsonObject) {
        val oldest = oldest(method)
        waiting -= oldest
        perform(act, oldest.reply)
    }

    /** Sends a chunk of the oldest waiting call of a method. */
    fun chunk(method: String, payload: Json) {
        oldest(method).call.chunk(payload)
    }

    private fun oldest(method: String): Waiting =
        requireNotNull(waiting.firstOrNull { it.call.method == method }) { "no call of $method waits" }
}
