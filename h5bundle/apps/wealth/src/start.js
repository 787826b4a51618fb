// Wealth products: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  Attempt, agreeField, amount, ask, before, button, chip, choiceField, datePath, day, desk, facts, field, form, formLine, fullDay, gauge, go, h,
  icon, knownField, language, lineChart, look, moment, money, note, openBundle, openRow, parseYuan, placeTrouble, plainMoney,
  quietly, quotaMoney, redraw, refill, riskStaff, said, sentence, share, shortDigest, sideFacts, start, state, t, tracker,
  troubleOf, wholeMoney,
} from "./_shared/common/ui.js";
