// Wealth products: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, ask, Attempt, before, button, chip, choiceField, datePath, day, desk, facts, field, form, formLine,
  fullDay, gauge, go, h, icon, knownField, lineChart, look, moment, money, note, openBundle, openRow, pageSheet, parseYuan,
  placeTrouble, plainMoney, quietly, quotaMoney, riskStaff, said, sentence, share, shortDigest, sideFacts, start, state, t,
  tracker, troubleOf, wholeMoney,
} from "./_shared/common/ui.js";
