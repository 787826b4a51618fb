// Wealth products: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, ask, Attempt, before, button, chartCard, chip, choiceField, datePath, day, emptyCard, exportButton, facts, field, form, formLine,
  fullDay, gauge, go, h, hiddenAmount, icon, knownField, lineChart, look, moment, money, moneyField, note, openBundle, openDraft, openRow,
  pagedView, pageSheet, parseYuan, placeTrouble, plainMoney, quietly, quotaMoney, refill, riskStaff, said, secret, segments, sentence, share,
  shortDay, shortDigest, sideFacts, signedMoney, Signing, start, state, t, tideLines, tracker, troubleOf, watch, wholeMoney,
} from "./_shared/common/ui.js";
