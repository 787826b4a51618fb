"""``h5bundle new``: a bundle's folder that builds, passes the check and says hello over the bridge."""

from pathlib import Path
from typing import Final

from h5bundle.errors import ProjectError
from h5bundle.manifest import BUNDLE_ID
from h5bundle.project import FILE_NAME

_DECLARATION: Final = """\
id: {id}
version: 1.0.0
title: {{ zh: 新页面, en: New page }}
contract: {{ min: "1.0", max: "1.0" }}
size_budget: 60000
permissions:
  app.info: 1
  app.ready: 1
ops: []
requires: {{ common: 1.0.0 }}
build:
  source: src
  bundles:
    app.js: {{ sources: [app.js], filters: [esmin] }}
    app.css: {{ sources: [app.css], filters: [rcssmin] }}
  copy: [index.html]
"""
_PAGE: Final = """\
<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>新页面</title>
<link rel="stylesheet" href="./_shared/common/tokens.css">
<link rel="stylesheet" href="asset:app.css">
<script type="module" src="asset:app.js"></script>
</head>
<body>
<main><h1 id="title"></h1><p id="where"></p></main>
</body>
</html>
"""
_SCRIPT: Final = """\
// The page of this bundle: connects to the app, says where it runs, and tells the app that it is ready.

import { connect } from "./_shared/common/bridge.js";

const WORDS = {
  "zh-CN": { title: "你好", where: (info) => `运行在 ${info.platform} ${info.version}` },
  en: { title: "Hello", where: (info) => `Running on ${info.platform} ${info.version}` },
};

const bridge = await connect({ need: { "app.info": 1, "app.ready": 1 }, want: {} });
const info = await bridge.app.info({});
const words = WORDS[info.locale] ?? WORDS["zh-CN"];
document.documentElement.lang = info.locale;
document.documentElement.dataset.theme = info.theme;
document.getElementById("title").textContent = words.title;
document.getElementById("where").textContent = words.where(info);
await bridge.app.ready({});
"""
_STYLE: Final = """\
body { margin: 0; font-family: var(--font); color: var(--ink); background: var(--canvas); }
main { padding: 24px 16px; }
"""


def run(bundle: str, folder: Path) -> tuple[str, ...]:
    """Make a project.

    Args:
        bundle: bundle id.
        folder: where; it must not hold a project.

    Raises:
        ProjectError: the id is no id, or the folder holds something.

    Returns:
        The files that were made.
    """
    if BUNDLE_ID.fullmatch(bundle) is None:
        raise ProjectError(detail=f"{bundle!r} is no bundle id", remedy="use 2 to 24 lower-case letters and digits")
    if folder.exists() and any(folder.iterdir()):
        raise ProjectError(detail=f"{folder} is not empty", remedy="give a folder that does not exist yet")
    files = {
        FILE_NAME: _DECLARATION.format(id=bundle),
        "src/index.html": _PAGE,
        "src/app.js": _SCRIPT,
        "src/app.css": _STYLE,
    }
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return tuple(files)
