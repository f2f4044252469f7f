/* Words of scripts, as a shell would make them. */
#include <glib.h>

#include "vm/shell_words.h"

/* Scripts: what the words of the command are. */
static void test_words(void)
{
	static const struct {
		const char *script, *words; /* of the last command, between "|" */
	} scripts[] = {
		{ "a b  c", "a|b|c" },
		{ "a 'b c' \"d e\" f\\ g", "a|b c|d e|f g" },
		{ "a \\\n  b \\\r\n c", "a|b|c" },
		{ "a # b\nc", "c" },
		{ "a b#c", "a|b#c" },
		{ "x; a && b", "b" },
		{ "V='1 2'\na $V \"$W\" ${V}", "a|1|2|$W|1|2" },
		{ "A=(-m 8G)\nA+=(-smp 4)\nq \"${A[@]}\" -x", "q|-m|8G|-smp|4|-x" },
		{ "O=\"-a\"\nO=\"$O -b\"\nq $O", "q|-a|-b" },
		{ "N=4\nq -smp cores=$N,threads=2", "q|-smp|cores=4,threads=2" },
		{ "q -object {\"a\":\"b c\",\"d\":{}} x", "q|-object|{\"a\":\"b c\",\"d\":{}}|x" },
		{ "q -m ${M:-4G} -x", "q|-m|4G|-x" },
		{ "M=8G\nq -m ${M:-4G} -x a=${N-1},b", "q|-m|8G|-x|a=1,b" },
		{ "M=${M:-4G}\nq -m $M", "q|-m|4G" },
		{ "q ${M:-${N:-1}} ${M:=2} ${M#-} ${M:- x", "q|${M:-1}|${M:=2}|${M#-}|${M:-|x" },
		{ "q $(rm -rf x) y", "q|$(rm -rf x)|y" },
		{ "q \"unended", "q|unended" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
		g_autoptr(GPtrArray) commands = shell_commands(scripts[i].script);
		const GPtrArray *last = commands->pdata[commands->len - 1];
		g_autoptr(GString) words = g_string_new(NULL);
		for (guint j = 0; j < last->len; j++)
			g_string_append_printf(words, "%s%s", j > 0 ? "|" : "",
					       ((const struct shell_word *)last->pdata[j])->text);
		g_assert_cmpstr(words->str, ==, scripts[i].words);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shell-words/words", test_words);
	return g_test_run();
}
