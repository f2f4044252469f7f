/* Words of scripts, as a shell would make them. */
#include <glib.h>
#include <string.h>

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
		{ "declare -a A=(-m 8G)\nlocal B=(-s)\nq \"${A[@]}\" ${B[@]}", "q|-m|8G|-s" },
		{ "export M=8G\nq declare N=4 -m $M $N", "q|declare|N=4|-m|8G|$N" },
		{ "q a <<EOF\nx y\nEOF\n", "q|a" },
		{ "cat <<-'EOF' >f\nx\n\tEOF\nq b", "q|b" },
		{ "q <<< x\ny", "y" },
		{ "q $((1<<2)) x", "q|$((1<<2))|x" },
		{ "((x<<2))\nq c", "q|c" },
		{ "[Service]\nEnvironment=M=8G\nExecStart=-/usr/bin/q -m ${M} \\\n  -s\n",
		  "/usr/bin/q|-m|8G|-s" },
		{ "[Service]\nLimitMEMLOCK=9G\n", "LimitMEMLOCK=9G" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
		g_autoptr(GPtrArray) commands = shell_commands(scripts[i].script, false);
		const GPtrArray *last = commands->pdata[commands->len - 1];
		g_autoptr(GString) words = g_string_new(NULL);
		for (guint j = 0; j < last->len; j++)
			g_string_append_printf(words, "%s%s", j > 0 ? "|" : "",
					       ((const struct shell_word *)last->pdata[j])->text);
		g_assert_cmpstr(words->str, ==, scripts[i].words);
	}
}

/* What scripts write elsewhere is read where it is asked for, with what they know. */
static void test_documents(void)
{
	static const char script[] = "M=8G\ncat >f <<EOF\nq -m $M \\\\\n  -s\nEOF\nother\n";
	g_autoptr(GPtrArray) commands = shell_commands(script, true);
	g_assert_cmpuint(commands->len, ==, 1);
	const GPtrArray *only = commands->pdata[0];
	g_assert_cmpuint(only->len, ==, 4);
	const struct shell_word *last = only->pdata[3];
	g_assert_cmpstr(((const struct shell_word *)only->pdata[2])->text, ==, "8G");
	g_assert_cmpstr(last->text, ==, "-s");
	g_assert_true(script + last->start == strstr(script, "-s"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shell-words/words", test_words);
	g_test_add_func("/shell-words/documents", test_documents);
	return g_test_run();
}
