// The entrance page: what this bundle takes from the shared one.

import { connect } from "./_shared/common/bridge.js";
import {
  bindButton, button, day, desk, h, hiddenAmount, look, money, nearDay, note, openBundle, openRow, plainMoney,
  quietly, said, secret, share, signedMoney, start, state, t, tideLines, troubleOf,
} from "./_shared/common/ui.js";
