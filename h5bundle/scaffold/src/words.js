// Every text of this bundle, Chinese first and English beside it; {places} are filled by t(key, places).

export const WORDS = {
  "zh": {
    "title.home": "新页面",
    "home.hello": "你好",
    "home.where": "运行在 {platform} {version}",
  },
  "en": {
    "title.home": "New page",
    "home.hello": "Hello",
    "home.where": "Running on {platform} {version}",
  },
};
