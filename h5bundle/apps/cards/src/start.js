// Credit cards: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, ask, asMobile, Attempt, button, chip, choiceField, day, desk, digits, emptyCard, eyeButton, facts, field, form,
  formLine, fullDay, gauge, go, h, icon, knownField, look, moment, money, moneyField, note, openBundle, openDraft, dropDrafts, openRow,
  pagedView, pageSheet, placeTrouble, plainMoney, redraw, said, secret, sentence, share, sideFacts,
  Signing, start, state, stepper, t, toast, tracker, troubleOf, watch, wholeMoney,
} from "./_shared/common/ui.js";
