@HEADER@
package tidegate.bridge.core;

/** A method of the host on plain JSON. The generated {@code BridgeHandlers} makes these from typed methods. */
public interface Handler {
    /**
     * Begins the work and returns soon; the outcome goes to {@code reply}.
     *
     * @param params what the page gave, held against the contract
     * @throws Exception counts as {@code reply.fail}
     */
    void handle(Json.Obj params, Call call, Reply<Json> reply) throws Exception;
}
