package tidegate.harness

import java.math.BigInteger
import java.security.AlgorithmParameters
import java.security.KeyFactory
import java.security.PublicKey
import java.security.Signature
import java.security.SignatureException
import java.security.spec.ECGenParameterSpec
import java.security.spec.ECParameterSpec
import java.security.spec.ECPoint
import java.security.spec.ECPublicKeySpec
import java.util.Base64
import tidegate.bridge.core.JsonObject
import tidegate.bridge.core.RawSignature

/** Verifies a signature in wire form with the runtime's own ECDSA. */
internal fun isValid(command: JsonObject): Boolean {
    val verifier = Signature.getInstance("SHA256withECDSA")
    verifier.initVerify(publicKey(requireNotNull(command["key"] as? JsonObject) { "verify needs a key as a JWK" }))
    verifier.update(decoded(command, "bytes"))
    return try {
        verifier.verify(RawSignature.toDer(decoded(command, "signature")))
    } catch (_: IllegalArgumentException) {
        false
    } catch (_: SignatureException) {
        false
    }
}

private fun publicKey(jwk: JsonObject): PublicKey {
    val parameters = AlgorithmParameters.getInstance("EC")
    parameters.init(ECGenParameterSpec("secp256r1"))
    val point = ECPoint(BigInteger(1, decoded(jwk, "x")), BigInteger(1, decoded(jwk, "y")))
    val curve = parameters.getParameterSpec(ECParameterSpec::class.java)
    return KeyFactory.getInstance("EC").generatePublic(ECPublicKeySpec(point, curve))
}

private fun decoded(holder: JsonObject, name: String): ByteArray {
    val text = requireNotNull(holder.text(name)) { "$name is base64url" }
    val bytes = Base64.getUrlDecoder().decode(text)
    require(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes) == text) { "base64url has one form" }
    return bytes
}
