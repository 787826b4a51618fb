// Wealth products: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, ask, Attempt, before, button, chartCard, chip, choiceField, datePath, day, facts, form, formLine, fullDay,
  gauge, go, h, icon, knownField, lineChart, look, moment, money, moneyField, note, openBundle, openRow, pageSheet, placeTrouble,
  plainMoney, quotaMoney, riskStaff, said, sentence, share, shortDigest, sideFacts, Signing, start, state, t, tracker, troubleOf,
  watch, wholeMoney,
} from "./_shared/common/ui.js";
