package use

import tidegate.bridge.android.MainThread
import tidegate.bridge.android.SecureChance
import tidegate.bridge.android.WebViewBridge
import tidegate.bridge.bridgeContract
import tidegate.bridge.core.Audit
import tidegate.bridge.core.Chance
import tidegate.bridge.core.Dispatcher
import tidegate.bridge.core.JsonObject
import tidegate.bridge.core.Manifest
import tidegate.bridge.core.Parts
import tidegate.bridge.core.json
import tidegate.bridge.core.jsonObject

private object KnownAnswers : Chance {
    override fun nonce(): String = "nonce"

    override fun token(): String = "token"
}

private class Adapted(private val bridge: WebViewBridge) : AdapterUse.Adapter {
    override fun attach(): Boolean = bridge.attach()

    override fun pageBegins() = bridge.pageBegins()

    override fun pageEnds() = bridge.pageEnds()

    override fun detach() = bridge.detach()
}

private val told = Audit { println("audit ${it.text("kind")} ${it.text("code")} ${it.text("reason")}") }

/** The Kotlin adapter under the pages of [AdapterUse]. */
public object KotlinAdapter {
    /** Plays them. */
    @JvmStatic
    public fun main(arguments: Array<String>) {
        val chance = SecureChance()
        println("${chance.nonce().length} ${chance.token() != chance.token()}")
        val main = MainThread()
        val named = jsonObject("bundle" to json("wealth"), "version" to json("1.0.0"), "permissions" to JsonObject.EMPTY)
        val manifest = Manifest(named)
        AdapterUse.play { view, origin ->
            Adapted(
                WebViewBridge(view, origin, told, main) { port ->
                    Dispatcher(
                        Parts(
                            bridgeContract, manifest, "android", "1.0.0", port, told, main, KnownAnswers, main,
                            methods = emptyMap(), policy = emptySet(),
                        ),
                    )
                },
            )
        }
    }
}
