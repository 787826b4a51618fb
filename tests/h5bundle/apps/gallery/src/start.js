// The gallery: what it takes from the shared bundle.

import { connect } from "./_shared/common/bridge.js";
import {
  agreeField, amount, ask, Attempt, barChart, button, chartCard, chip, choiceField, dropDrafts, emptyCard, exportButton, eyeButton, field, form,
  formLine, gauge, go, h, hiddenAmount, lineChart, look, money, moneyField, moment, monthDays, monthField, monthNow, monthText, openDraft, openRow,
  pagedView, plainMoney, secret, segments, sentence, Signing, signedMoney, start, stepper, switchField, t, toast, tracker, troubleOf,
} from "./_shared/common/ui.js";
