package use

import java.math.BigInteger
import kotlin.coroutines.resume
import kotlin.coroutines.suspendCoroutine
import tidegate.bridge.BridgeEvents
import tidegate.bridge.ErrorCode
import tidegate.bridge.bridgeContract
import tidegate.bridge.bridgeHandlers
import tidegate.bridge.core.Call
import tidegate.bridge.core.Chance
import tidegate.bridge.core.ChunkSender
import tidegate.bridge.core.Dispatcher
import tidegate.bridge.core.JsonObject
import tidegate.bridge.core.Manifest
import tidegate.bridge.core.Parts
import tidegate.bridge.core.Port
import tidegate.bridge.core.RawSignature
import tidegate.bridge.core.Timers
import tidegate.bridge.core.Turn
import tidegate.bridge.core.readTrustedJson
import tidegate.bridge.types.Appearance
import tidegate.bridge.types.ChallengeId
import tidegate.bridge.types.DeviceState
import tidegate.bridge.types.DeviceStatus
import tidegate.bridge.types.Locale
import tidegate.bridge.types.NetAnswer
import tidegate.bridge.types.NetUpload
import tidegate.bridge.types.Theme
import tidegate.bridge.types.Title
import tidegate.bridge.types.TitleBar
import tidegate.bridge.types.TxSign
import tidegate.bridge.types.UploadProgress

/** An app's methods, written against the generated types. */
internal class App : Base() {
    var waiting: (() -> Unit)? = null

    override suspend fun uiSetTitleBar(input: TitleBar, call: Call) {
        println("title ${input.title.value} leading ${input.leading}")
    }

    override suspend fun netUpload(input: NetUpload, call: Call, chunks: ChunkSender<UploadProgress>): NetAnswer {
        chunks.send(UploadProgress(sent = 1, total = 2))
        call.onCancel { println("stopped ${call.id} of ${call.bundle.bundle}") }
        suspendCoroutine { parked -> waiting = { parked.resume(Unit) } }
        return NetAnswer(status = 200, body = null)
    }

    override suspend fun deviceStatus(call: Call): DeviceStatus {
        if (call.traceparent == null) throw ErrorCode.OFFLINE.because("no network")
        val state = DeviceState.of("SLEEPING")
        val known = when (state) {
            DeviceState.None, DeviceState.Pending, DeviceState.Active, DeviceState.Suspended, DeviceState.Revoked -> "known"
            is DeviceState.Other -> "OTHER"
        }
        println("$known is not ${DeviceState.of("ACTIVE")}")
        return DeviceStatus(state = state)
    }
}

private object NoTime : Timers {
    override val now: Long = 0

    override fun start(milliseconds: Long, run: () -> Unit): Timers.Timer = Timers.Timer { }
}

private object KnownChance : Chance {
    override fun nonce(): String = "nonce"

    override fun token(): String = "token"
}

/** A page that calls the app. */
public object TypedUse {
    private const val PERMISSIONS = """{"ui.setTitleBar":1,"net.upload":1,"device.status":1,"scan.code":1}"""
    private val zeros = "0".repeat(64)

    /** Plays it. */
    @JvmStatic
    public fun main(arguments: Array<String>) {
        val text = """{"bundle":"wealth","version":"1.0.0","permissions":$PERMISSIONS,"events":["theme.changed"],"ops":["a.b"]}"""
        val app = App()
        val dispatcher = Dispatcher(
            Parts(
                contract = bridgeContract,
                manifest = Manifest(readTrustedJson(text, 8) as JsonObject),
                platform = "android",
                app = "8.2.0",
                port = Port { println(it) },
                audit = { },
                timers = NoTime,
                chance = KnownChance,
                turn = Turn { it() },
                methods = bridgeHandlers(app, unsupported = setOf("scan.code")),
                policy = setOf("ui.setTitleBar", "net.upload", "device.status", "scan.code"),
            ),
        )
        BridgeEvents(dispatcher).themeChanged(Appearance(locale = Locale.EN, theme = Theme.DARK))
        dispatcher.start()
        val hello = """"nonce":"nonce","sdk":"use","contract":"1.1","hash":"sha256-$zeros","need":{"scan.code":1},"want":{}"""
        dispatcher.receive("""{"v":1,"t":"hello",$hello}""")
        request(dispatcher, 1, "ui.setTitleBar", """{"title":"<b>","leading":"close"}""")
        request(dispatcher, 2, "device.status", "{}")
        val trace = ""","traceparent":"00-${zeros.take(32)}-${zeros.take(16)}-00""""
        request(dispatcher, 3, "device.status", "{}", trace)
        request(dispatcher, 4, "net.upload", """{"op":"a.b","fileToken":"fil_1234"}""")
        request(dispatcher, 5, "scan.code", "{}")
        request(dispatcher, 6, "net.upload", """{"op":"a.b","fileToken":"fil_1234"}""")
        app.waiting?.invoke()
        dispatcher.receive("""{"v":1,"t":"cancel","s":"token","n":7,"id":"r4"}""")
        println(TitleBar(title = Title("a")) == TitleBar(title = Title("a"), leading = null))
        println(TxSign(ChallengeId("chl_1234")).toJson())
        refusedSignatures()
    }

    private fun request(dispatcher: Dispatcher, number: Int, method: String, params: String, more: String = "") {
        dispatcher.receive("""{"v":1,"t":"req","s":"token","n":$number,"id":"r$number","m":"$method","mv":1,"p":$params$more}""")
    }

    private fun refusedSignatures() {
        val raw = ByteArray(64) { if (it == 31) -1 else if (it == 63) 1 else 0 }
        println(RawSignature.fromDer(RawSignature.toDer(raw)).contentEquals(raw))
        val order = BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
        val high = byteArrayOf(0x30, 38, 2, 1, 1, 2, 33) + (order - BigInteger.ONE).toByteArray()
        println(RawSignature.fromDer(high).count { it == 1.toByte() })
        val wrong = listOf(
            byteArrayOf(),
            ByteArray(64),
            byteArrayOf(0x30, 6, 2, 1, 0, 2, 1, 1),
            byteArrayOf(0x30, 6, 2, 1, 1, 2, 1, -1),
            byteArrayOf(0x30, 7, 2, 2, 0, 1, 2, 1, 1),
        )
        val refused = wrong.count { runCatching { RawSignature.fromDer(it) }.exceptionOrNull() is IllegalArgumentException }
        println("$refused of ${wrong.size} refused")
    }
}
