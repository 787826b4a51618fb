// Credit cards: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, ask, asMobile, Attempt, bindButton, button, chip, choiceField, day, desk, digits, dropDrafts,
  emptyCard, exportButton, eyeButton, facts, field, form, formLine, fullDay, gauge, go, h, hiddenAmount, icon, knownField, listCard,
  look, moment, money, moneyField, mono, note, openBundle, openDraft, openRow, outcomeCard, pagedView, pageHead,
  pageSheet, placeTrouble, plainMoney, redraw, said, secret, sentence, share, sideFacts, Signing, start, state,
  stepper, t, toast, tracker, troubleOf, watch, watchedView, wholeMoney,
} from "./_shared/common/ui.js";
