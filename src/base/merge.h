/* Taking a change of a text back when somebody has changed the text elsewhere since. Pure. */
#pragma once

/* The text `now` with what was changed from `before` to `after` undone, and everything else of it
 * kept; the caller's. Lines are compared, and within a line words. NULL where the same place has
 * been changed since, so that nobody can say what it should be. */
char *merge_back(const char *before, const char *after, const char *now);
