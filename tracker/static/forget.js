/* The session of this browser was ended from elsewhere: what the tab kept of forms (drafts.js) is for no one here. */
(() => {
  "use strict";
  try { sessionStorage.clear(); } catch { /* a browser without storage */ }
})();
