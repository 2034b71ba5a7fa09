// A browser reads no other file for a page that was opened as a file: results of a search are then told by title alone.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// The theme gives no name to what unfolds the pages below one.
document.addEventListener("DOMContentLoaded", () => {
  for (const summary of document.querySelectorAll("nav li > details > summary"))
    summary.setAttribute("aria-label", `Pages below ${summary.closest("li").querySelector("a").textContent.trim()}`);
});
