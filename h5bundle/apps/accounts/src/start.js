// Class II account: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, asIdentity, ask, asMobile, Attempt, button, byFour, chip, choiceField, day, desk, digits, facts, field,
  form, formLine, go, h, hasWord, hiddenAmount, icon, identityCharacters, knownField, look, moment, money, note, openBundle,
  openRow, parseYuan, placeTrouble, plainMoney, quietly, said, secret, sentence, signedMoney, start, state, stepper, t,
  tideLines, tracker, troubleOf,
} from "./_shared/common/ui.js";
