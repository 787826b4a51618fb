// Class II and III accounts: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, asIdentity, ask, asMobile, Attempt, barChart, button, byFour, chartCard, chip, choiceField, day,
  desk, digits, dropDrafts, emptyCard, exportButton, eyeButton, facts, field, form, formLine, fullDay, gauge, go, h,
  hasWord, hiddenAmount, icon, identityCharacters, knownField, listCard, look, moment, money, moneyField, mono,
  monthBy, monthDays, monthField, monthNow, monthOf, monthText, note, openBundle, openDraft, openRow, outcomeCard,
  pagedView, pageHead, placeTrouble, plainMoney, proofCard, quietly, redraw, said, secret, segments, sentence, share,
  signedMoney, Signing, start, state, stepper, t, tideLines, toast, tracker, troubleOf, watch, wholeMoney,
} from "./_shared/common/ui.js";
