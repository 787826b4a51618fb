// The cash sweep: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  amount, ask, Attempt, barChart, before, bindButton, button, chartCard, chip, choiceField, datePath, day, daysToNow, emptyCard,
  exportButton, facts, form, formLine, fullDay, gauge, go, h, hiddenAmount, icon, knownField, lineChart, listCard, look, moment,
  money, moneyField, mono, nearDay, note, openBundle, openRow, outcomeCard, pagedView, pageHead, pageSheet,
  placeTrouble, plainMoney, proofCard, redraw, said, secret, segments, sentence, share, sideFacts, signedMoney,
  Signing, start, state, switchField, t, toast, tracker, troubleOf, watchedView, wholeMoney,
} from "./_shared/common/ui.js";
