// Class II account: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, asIdentity, ask, asMobile, Attempt, button, byFour, chip, choiceField, day, desk, digits, facts, field,
  form, formLine, go, h, hasWord, icon, identityCharacters, knownField, look, moment, money, note, openBundle, openRow,
  parseYuan, placeTrouble, plainMoney, quietly, refill, said, sentence, signedMoney, start, state, stepper, t, tideLines,
  tracker, troubleOf,
} from "./_shared/common/ui.js";
