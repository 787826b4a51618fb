// Wealth products: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, ask, Attempt, before, bindButton, button, chartCard, chip, choiceField, datePath, day, daysToNow,
  emptyCard, exportButton, field, form, formLine, fullDay, gauge, go, h, hiddenAmount, icon, knownField, lineChart,
  listCard, look, moment, money, moneyField, mono, note, openBundle, openDraft, openRow, outcomeCard, pagedView,
  pageHead, pageSheet, parseYuan, placeTrouble, plainMoney, proofCard, quietly, quotaMoney, refill, said, secret,
  segments, sentence, share, shortDay, sideFacts, signedMoney, Signing, start, state, t, tideLines, tracker,
  troubleOf, watch, watchedView, wholeMoney,
} from "./_shared/common/ui.js";
