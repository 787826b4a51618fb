// The cash sweep: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  amount, ask, Attempt, barChart, before, button, chartCard, chip, choiceField, datePath, day, emptyCard, facts, form, formLine,
  fullDay, gauge, go, h, hiddenAmount, icon, knownField, lineChart, look, moment, money, moneyField, nearDay, note, openBundle,
  openRow, pagedView, pageSheet, placeTrouble, plainMoney, redraw, said, secret, segments, sentence, share, sideFacts, signedMoney,
  Signing, start, state, switchField, t, toast, tracker, troubleOf, watch, wholeMoney,
} from "./_shared/common/ui.js";
