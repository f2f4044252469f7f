/* What changes in a file, as people are used to see it. */
#pragma once

/* A unified diff from one text to another; NULL stands for a file that is not there. One hunk: from
 * the first line that differs to the last, with three lines around. "" when they are equal. The
 * caller's to free. */
char *diff_unified(const char *path, const char *from, const char *to);
