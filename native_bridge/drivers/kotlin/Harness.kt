/** Speaks the vectors' protocol over standard input and output, so that the emitted Kotlin core can be proved. */
package tidegate.harness

import java.io.PrintStream
import tidegate.bridge.bridgeContract
import tidegate.bridge.core.Chance
import tidegate.bridge.core.Dispatcher
import tidegate.bridge.core.Json
import tidegate.bridge.core.JsonArray
import tidegate.bridge.core.JsonBool
import tidegate.bridge.core.JsonNull
import tidegate.bridge.core.JsonNumber
import tidegate.bridge.core.JsonObject
import tidegate.bridge.core.JsonText
import tidegate.bridge.core.Manifest
import tidegate.bridge.core.Parts
import tidegate.bridge.core.Port
import tidegate.bridge.core.Turn
import tidegate.bridge.core.greetingRefusal
import tidegate.bridge.core.json
import tidegate.bridge.core.jsonObject
import tidegate.bridge.core.readTrustedJson
import tidegate.bridge.core.writeJson

private const val MAX_DEPTH = 400

private object KnownChance : Chance {
    override fun nonce(): String = "VECTOR-NONCE"

    override fun token(): String = "VECTOR-TOKEN"
}

/** One session at a time, and what it sent and audited. */
private class Session(command: JsonObject, private val sent: MutableList<Json>) {
    private val audit = mutableListOf<Json>()
    private val timers = SteppedTimers()
    private val scripted = Scripted(member(command, "methods"))
    private val dispatcher = Dispatcher(
        Parts(
            contract = bridgeContract,
            manifest = Manifest(member(command, "manifest")),
            platform = "browser",
            app = "1.0.0",
            port = Port { sent += json(it) },
            audit = { audit += it },
            timers = timers,
            chance = KnownChance,
            turn = Turn { it() },
            methods = scripted.handlers,
            policy = names(command, "policy"),
            killList = names(command, "killList"),
        ),
    )

    init {
        dispatcher.start()
    }

    fun obey(name: String, command: JsonObject): Boolean {
        when (name) {
            "receive" -> dispatcher.receive(command.text("raw"))
            "finish" -> scripted.finish(text(command, "method"), command)
            "chunk" -> scripted.chunk(text(command, "method"), command["payload"] ?: JsonNull)
            "wait" -> timers.advance((command["ms"] as? JsonNumber)?.whole ?: 0)
            "emit" -> dispatcher.emit(text(command, "event"), command["payload"] ?: JsonNull)
            "revoke" -> dispatcher.revoke(text(command, "method"))
            "end" -> dispatcher.end(text(command, "reason"))
            else -> return false
        }
        return true
    }

    fun kept(): JsonObject = jsonObject("calls" to scripted.calls, "audit" to JsonArray(audit))
}

private class Harness {
    private val sent = mutableListOf<Json>()
    private var session: Session? = null

    fun answer(line: String): JsonObject = try {
        val command = readTrustedJson(line, MAX_DEPTH) as? JsonObject
        if (command == null) error("a command is an object") else obeyed(command)
    } catch (failure: Exception) {
        error("${failure::class.java.simpleName}: ${failure.message}")
    }

    private fun error(message: String) = jsonObject("error" to json(message))

    private fun obeyed(command: JsonObject): JsonObject = when (val name = command.text("do")) {
        "about" -> jsonObject(
            "protocol" to json(1),
            "language" to json("kotlin"),
            "contract" to json(bridgeContract.hash),
            "can" to JsonArray(listOf("session", "window", "verify").map(::JsonText)),
        )
        "open" -> {
            sent.clear()
            session = Session(command, sent)
            told()
        }
        "window" -> judged(command)
        "verify" -> jsonObject("valid" to json(isValid(command)))
        else -> inSession(name.orEmpty(), command)
    }

    private fun inSession(name: String, command: JsonObject): JsonObject {
        val open = session ?: return error("no session is open")
        return when {
            name == "close" -> open.kept()
            open.obey(name, command) -> told()
            else -> error("no such command")
        }
    }

    private fun told(): JsonObject = jsonObject("sent" to JsonArray(sent.toList())).also { sent.clear() }

    private fun judged(command: JsonObject): JsonObject {
        val ownFrame = (command["source"] as? JsonBool)?.value == true
        val expected = command.text("expectedOrigin")
        val reason = greetingRefusal(ownFrame, command.text("origin"), command["data"], expected, command.text("state"))
        val verdict = jsonObject("accept" to json(reason == null))
        return if (reason == null) verdict else verdict + jsonObject("reason" to json(reason))
    }
}

private fun member(command: JsonObject, name: String): JsonObject =
    requireNotNull(command[name] as? JsonObject) { "$name is an object" }

private fun text(command: JsonObject, name: String): String = requireNotNull(command.text(name)) { "$name is a text" }

private fun names(command: JsonObject, name: String): Set<String> =
    requireNotNull(command[name] as? JsonArray) { "$name is a list" }.items.mapNotNull { (it as? JsonText)?.value }.toSet()

/** Answers one line for each line of the input, and ends when it ends. */
public fun main() {
    val out = PrintStream(System.out, false, "UTF-8")
    val harness = Harness()
    System.`in`.bufferedReader().forEachLine { line ->
        out.print(writeJson(harness.answer(line)) + "\n")
        out.flush()
    }
}
