/**
 * What the device signs for a transaction: the bytes M, the frozen fields' check, and the rows that a person reads.
 *
 *   const operation = await fetchOperation(api, challengeId, { env, aud, deviceId, keyId, bundle, now });
 *       // → { challengeId, operationId, fields, template, expiresAt, lastSeq, status, rows(locale) → [{key,label,value}], title: {zh,en} }
 *       // throws ShellError CHALLENGE_INVALID when anything does not fit; nothing may be drawn then
 *   const approval = await approve(api, keys, store, operation, { locale, factor });
 *       // after the sheet and the factor: signs with K_tx and posts → { status, body, approval: "b64url(M).b64url(sig)", keyId, displayHash, operationId }
 *   await reject(api, operation);
 *   renderRows({ template, fields, locale }) → Row[];  displayHash(rows) → Promise<hex>;  uppercaseAmount("50000.00")
 *   buildMessage(fields, { ui, seq, factor }) → Uint8Array M;  uiText(locale, hash)
 */
