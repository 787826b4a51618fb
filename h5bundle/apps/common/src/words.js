// The two languages: Chinese first, English beside. A bundle adds its own table to the shared one.

const COMMON_WORDS = {
  "zh": {
    "retry": "重试",
    "close": "关闭",
    "data": "数据",
    "proof": "凭证",
    "show": "显示金额",
    "hide": "隐藏金额",
    "hidden": "金额已隐藏",
    "loading": "正在载入",
    "unit": "（元）",
    "comma": "，",
    "today": "今日",
    "yesterday": "昨日",
    "weekdays": "周日 周一 周二 周三 周四 周五 周六",
    "before": "{day} {time} 前",
    "steps.label": "第 {now} 步，共 {all} 步",
    "step.done": "已完成",
    "step.now": "进行中",
    "step.next": "未开始",
    "offline.title": "没有网络",
    "offline.text": "连上网络后再试。钱没有动。",
    "offline.seen": "没有网络。这是{when} 的数据。",
    "offline.now": "没有网络，暂时不能提交。填好的内容都在。",
    "offline.money": "没有网络，结果还不知道。连上后点重试，不会重复扣款。",
    "failed.title": "没有打开",
    "failed.text": "服务暂时没有应答，钱没有动。请稍后再试。",
    "failed.short": "服务暂时没有应答，请再试一次。",
    "fault.title": "页面出错了",
    "fault.text": "银行答复了，是这个页面出了问题。查看资料不动钱，钱没有动。请重试；还是不行，把下面的代码告诉银行。",
    "fault.short": "页面出了问题。刚才如果提交过，结果以银行的记录为准，请再看一次。",
    "fault.money": "页面出了问题，这一笔的结果还不知道。点重试会查同一笔，不会重复扣款。",
    "unknown.money": "还没有收到结果。点重试会查同一笔，不会重复扣款。",
    "auth.title": "需要先解锁",
    "auth.text": "这里是你的账户资料。请验证是你本人后再看。",
    "auth.action": "解锁",
    "bound.title": "这台设备还没有绑定",
    "bound.text": "先开立账户并绑定这台设备，再回到这里。",
    "bound.action": "去开户和绑定",
    "host.title": "请在澜江银行 App 中打开",
    "host.text": "这个页面要由银行的 App 打开才能使用。",
    "cancelled.short": "你取消了，没有提交。",
    "busy.short": "另一个窗口还开着，先处理完再试。",
    "limited.short": "操作太频繁，请过一会儿再试。",
    "required": "请填写{label}",
    "code.label": "代码 {code}",
    "more": "更多",
    "export": "导出",
    "export.choose": "导出为",
    "export.csv": "CSV 表格",
    "export.pdf": "PDF 文件",
    "export.saved": "已保存",
    "export.full": "手机空间不够，没有保存。",
    "export.unable": "这个版本的 App 还不能保存文件，更新后再试。",
    "month.choose": "选月份",
    "month.before": "上个月",
    "month.after": "下个月",
    "money.bad": "请填写金额，最多两位小数，例如 20000",
    "sign.title": "确认结果",
    "sign.waiting": "有一笔{what}的结果还在核对，不会重复扣款。",
    "sign.cancelled.title": "你取消了{what}",
    "sign.cancelled.text": "没有提交，钱没有动。",
    "sign.expired.title": "确认超时了",
    "sign.expired.text": "这笔{what}没有提交，钱没有动。请重新确认。",
    "sign.unverified.title": "没有通过本人验证",
    "sign.unverified.text": "没有提交，钱没有动。",
    "sign.locked.title": "验证次数太多",
    "sign.locked.text": "没有提交，钱没有动。请过一会儿再试，或到网点办理。",
    "sign.unbound.title": "这台设备不能确认{what}",
    "sign.unbound.text": "没有提交，钱没有动。请重新绑定这台设备。",
    "sign.refused.title": "{what}没有成功",
    "sign.refused.text": "这笔{what}没有成立，钱没有动。",
    "sign.unknown.title": "结果还在核对",
    "sign.unknown.text": "不会重复扣款。一般 2 分钟内出结果，会出现在“{list}”里。",
    "sign.missing.text": "没有找到这笔{what}，确认也已过期：没有提交，钱没有动。",
    "sign.still": "还没有结果，不会重复扣款。请过一会儿再查。",
    "sign.ask": "查询结果",
    "sign.again": "重新{what}"
  },
  "en": {
    "retry": "Try again",
    "close": "Close",
    "data": "Figures",
    "proof": "Proof",
    "show": "Show amounts",
    "hide": "Hide amounts",
    "hidden": "Amount hidden",
    "loading": "Loading",
    "unit": " (¥)",
    "comma": ", ",
    "today": "today",
    "yesterday": "yesterday",
    "weekdays": "Sun Mon Tue Wed Thu Fri Sat",
    "before": "Before {time}, {day}",
    "steps.label": "Step {now} of {all}",
    "step.done": "done",
    "step.now": "current",
    "step.next": "to do",
    "offline.title": "No connection",
    "offline.text": "Try again when you are back online. No money has moved.",
    "offline.seen": "No connection. Showing figures from {when}.",
    "offline.now": "No connection, so nothing was sent. What you typed is kept.",
    "offline.money": "No connection, so the result is unknown. Try again when online: you will not be charged twice.",
    "failed.title": "This did not open",
    "failed.text": "The service is not answering. No money has moved. Please try again shortly.",
    "failed.short": "The service is not answering. Please try again.",
    "fault.title": "This page has a fault",
    "fault.text": "The bank is fine; this page went wrong. Looking moves nothing, so no money has moved. Try again; if it stays, tell the bank the code below.",
    "fault.short": "This page went wrong. If you had just submitted something, the bank's records say what came of it: look again.",
    "fault.money": "This page went wrong, and the outcome is not known. Try again asks about the same transfer; you are never charged twice.",
    "unknown.money": "No answer yet. Trying again asks for the same transfer: you will not be charged twice.",
    "auth.title": "Unlock first",
    "auth.text": "This is your account. Confirm that it is you to see it.",
    "auth.action": "Unlock",
    "bound.title": "This device is not bound yet",
    "bound.text": "Open an account and bind this device, then come back here.",
    "bound.action": "Open and bind",
    "host.title": "Open this in the Lanjiang Bank app",
    "host.text": "This page works only when the bank's app opens it.",
    "cancelled.short": "You cancelled. Nothing was sent.",
    "busy.short": "Another window is still open. Finish it first.",
    "limited.short": "Too many tries. Please wait a moment.",
    "required": "Enter {label}",
    "code.label": "Code {code}",
    "more": "More",
    "export": "Export",
    "export.choose": "Export as",
    "export.csv": "CSV table",
    "export.pdf": "PDF document",
    "export.saved": "Saved",
    "export.full": "There is no room on the phone. Nothing was saved.",
    "export.unable": "This version of the app cannot save files yet. Update it and try again.",
    "month.choose": "Choose a month",
    "month.before": "Month before",
    "month.after": "Month after",
    "money.bad": "Enter an amount with at most two decimals, such as 20000",
    "sign.title": "Result",
    "sign.waiting": "The result of your {what} is still being checked. You will not be charged twice.",
    "sign.cancelled.title": "You cancelled the {what}",
    "sign.cancelled.text": "Nothing was sent. No money has moved.",
    "sign.expired.title": "The confirmation expired",
    "sign.expired.text": "This {what} was not sent. No money has moved. Please confirm it again.",
    "sign.unverified.title": "We could not verify that it is you",
    "sign.unverified.text": "Nothing was sent. No money has moved.",
    "sign.locked.title": "Too many tries",
    "sign.locked.text": "Nothing was sent. No money has moved. Try again later or visit a branch.",
    "sign.unbound.title": "This device cannot confirm this {what}",
    "sign.unbound.text": "Nothing was sent. No money has moved. Bind this device again.",
    "sign.refused.title": "The {what} was not made",
    "sign.refused.text": "This {what} was not accepted. No money has moved.",
    "sign.unknown.title": "We are checking the result",
    "sign.unknown.text": "You will not be charged twice. Expect an answer within 2 minutes, under {list}.",
    "sign.missing.text": "There is no such {what}, and the confirmation has expired: nothing was sent and no money has moved.",
    "sign.still": "No result yet. You will not be charged twice. Please ask again shortly.",
    "sign.ask": "Check the result",
    "sign.again": "Try the {what} again"
  }
};

const words = { language: "zh", tables: [COMMON_WORDS] };

/** Choose the language by a locale ("zh-CN", "en"): what is not Chinese reads English. */
export function speak(locale) {
  words.language = String(locale).toLowerCase().startsWith("zh") ? "zh" : "en";
  document.documentElement.lang = words.language === "zh" ? "zh-CN" : "en";
}

/** Lay a bundle's own table over the shared one. */
function addWords(table) {
  words.tables.unshift(table);
}

/** The language in use: "zh" or "en". */
function language() {
  return words.language;
}

/** The text of a key with its {places} filled. */
export function t(key, places) {
  const table = words.tables.find((one) => key in one[words.language]);
  if (!table) throw new RangeError("no text is called " + key);
  const text = table[words.language][key];
  return text.replace(/\{(\w+)\}/g, (_, name) => String((places || {})[name] ?? ""));
}

/** Whether a key exists. */
export function hasWord(key) {
  return words.tables.some((one) => key in one[words.language]);
}

/** The customer's language of a text the server sends in both ({zh, en}); a plain string stays. */
export function said(text) {
  if (text === null || text === undefined) return "";
  if (typeof text === "string") return text;
  return text[words.language] || text.zh || "";
}
