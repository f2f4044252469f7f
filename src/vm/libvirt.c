/* See libvirt.h. */
#include "vm/libvirt.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "vm/libvirt_calls.h"

/* Values of libvirt-domain.h and virterror.h. */
enum {
	LIST_ACTIVE = 1 << 0,         /* VIR_CONNECT_LIST_DOMAINS_ACTIVE */
	XML_SECURE = 1 << 0,          /* VIR_DOMAIN_XML_SECURE */
	XML_INACTIVE = 1 << 1,        /* VIR_DOMAIN_XML_INACTIVE */
	DEFINE_VALIDATE = 1 << 0,     /* VIR_DOMAIN_DEFINE_VALIDATE */
	UNDEFINE_KEEP_NVRAM = 1 << 3, /* VIR_DOMAIN_UNDEFINE_KEEP_NVRAM */
	UNDEFINE_KEEP_TPM = 1 << 6,   /* VIR_DOMAIN_UNDEFINE_KEEP_TPM, since 8.9 */
	AFFECT_LIVE = 1 << 0,         /* VIR_DOMAIN_AFFECT_LIVE */
	ERROR_INVALID_ARG = 8,        /* VIR_ERR_INVALID_ARG */
	ERROR_NO_DOMAIN = 42,         /* VIR_ERR_NO_DOMAIN */
};

struct libvirt {
	struct libvirt_calls call;
	struct connection *connection;
	char *uri;
};

/* ---- errors ---- */

static void ignore_error(void *data, struct virt_error *error)
{
}

/* libvirt's last words: they are its own until the next call. */
static const char *last_words(const struct libvirt *virt, int *code)
{
	const struct virt_error *last = virt->call.GetLastError();

	if (code)
		*code = last ? last->code : 0;
	return last && last->message ? last->message : "libvirt does not say why";
}

/* "cannot WHAT 'SUBJECT': …"; always false, so that callers can return it. */
static bool fail(const struct libvirt *virt, const char *what, const char *subject, GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot %s '%s': %s", what, subject,
		    last_words(virt, NULL));
	return false;
}

/* ---- connecting ---- */

static void set_connect_error(const struct libvirt *virt, GError **error)
{
	bool is_system = g_str_has_suffix(virt->uri, "/system");

	g_set_error(error, VFIOKIT_ERROR,
		    is_system && geteuid() != 0 ? STATUS_NEED_ROOT : STATUS_FAILED,
		    "cannot connect to '%s': %s", virt->uri, last_words(virt, NULL));
	if (is_system && geteuid() != 0)
		error_hint(error, "run it with sudo, or as a member of the group libvirt");
	else if (is_system)
		error_hint(error, "start its daemon: systemctl start libvirtd (or virtqemud)");
}

struct libvirt *libvirt_open(const char *uri, GError **error)
{
	struct libvirt *virt = g_new0(struct libvirt, 1);

	virt->uri = g_strdup(uri ? uri : LIBVIRT_SYSTEM);
	if (!libvirt_load(&virt->call, error)) {
		libvirt_close(virt);
		return NULL;
	}
	virt->call.SetErrorFunc(NULL, ignore_error); /* else it prints by itself */
	virt->connection = virt->call.ConnectOpen(virt->uri);
	if (virt->connection)
		return virt;
	set_connect_error(virt, error);
	libvirt_close(virt);
	return NULL;
}

/* The library stays loaded: it starts threads, which would be left without their code. */
void libvirt_close(struct libvirt *virt)
{
	if (!virt)
		return;
	if (virt->connection)
		virt->call.ConnectClose(virt->connection);
	g_free(virt->uri);
	g_free(virt);
}

/* What libvirt returns is from its malloc; ours is from GLib's. */
static char *take_text(char *text)
{
	char *copy = g_strdup(text);

	free(text);
	return copy;
}

/* ---- domains ---- */

/* Finds a domain; NULL without an error in *error when there is none. */
static bool find_domain(struct libvirt *virt, const char *name, struct domain **ret, GError **error)
{
	int code;

	*ret = virt->call.DomainLookupByName(virt->connection, name);
	if (*ret)
		return true;
	const char *words = last_words(virt, &code);
	if (code != ERROR_NO_DOMAIN) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot look for guest '%s': %s",
			    name, words);
		return false;
	}
	if (g_uuid_string_is_valid(name))
		*ret = virt->call.DomainLookupByUUIDString(virt->connection, name);
	return true;
}

/* The same where there must be one. */
static struct domain *need_domain(struct libvirt *virt, const char *name, GError **error)
{
	struct domain *domain;

	if (find_domain(virt, name, &domain, error) && !domain) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no guest '%s' on '%s'", name,
			    virt->uri);
		error_hint(error, "'virsh list --all' lists what there is");
	}
	return domain;
}

static enum libvirt_state state_of(struct libvirt *virt, struct domain *domain)
{
	return virt->call.DomainIsActive(domain) == 1 ? LIBVIRT_RUNNING : LIBVIRT_OFF;
}

bool libvirt_state(struct libvirt *virt, const char *name, enum libvirt_state *ret, GError **error)
{
	struct domain *domain;

	if (!find_domain(virt, name, &domain, error))
		return false;
	*ret = domain ? state_of(virt, domain) : LIBVIRT_ABSENT;
	if (domain)
		virt->call.DomainFree(domain);
	return true;
}

char *libvirt_dump(struct libvirt *virt, const char *name, bool defined, GError **error)
{
	struct domain *domain = need_domain(virt, name, error);

	if (!domain)
		return NULL;
	char *xml = virt->call.DomainGetXMLDesc(domain, defined ? XML_INACTIVE : 0);
	if (!xml)
		fail(virt, "read the definition of", name, error);
	virt->call.DomainFree(domain);
	return take_text(xml);
}

char *libvirt_uuid(struct libvirt *virt, const char *name)
{
	char uuid[64]; /* VIR_UUID_STRING_BUFLEN is 37 */
	struct domain *domain;

	if (!find_domain(virt, name, &domain, NULL) || !domain)
		return NULL;
	int r = virt->call.DomainGetUUIDString(domain, uuid);
	virt->call.DomainFree(domain);
	return r == 0 ? g_strdup(uuid) : NULL;
}

/* With its secrets, such as passwords of displays: it is what is defined again on undo. */
bool libvirt_definition(struct libvirt *virt, const char *name, char **xml, GError **error)
{
	struct domain *domain;

	*xml = NULL;
	if (!find_domain(virt, name, &domain, error))
		return false;
	if (!domain)
		return true;
	bool persistent = virt->call.DomainIsPersistent(domain) == 1;
	if (persistent)
		*xml = take_text(virt->call.DomainGetXMLDesc(domain, XML_INACTIVE | XML_SECURE));
	bool ok = !persistent || *xml || fail(virt, "read the definition of", name, error);
	virt->call.DomainFree(domain);
	return ok;
}

static void free_domain(void *data)
{
	struct libvirt_domain *domain = data;

	g_free(domain->name);
	g_free(domain->xml);
	g_free(domain);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	const struct libvirt_domain *const *one = a, *const *other = b;

	return g_strcmp0((*one)->name, (*other)->name);
}

/* Takes the reference; NULL: it has ended meanwhile. */
static struct libvirt_domain *describe(struct libvirt *virt, struct domain *domain)
{
	struct libvirt_domain *ret = g_new0(struct libvirt_domain, 1);

	ret->name = g_strdup(virt->call.DomainGetName(domain));
	ret->xml = take_text(virt->call.DomainGetXMLDesc(domain, 0));
	virt->call.DomainFree(domain);
	if (ret->xml)
		return ret;
	free_domain(ret);
	return NULL;
}

GPtrArray *libvirt_list_running(struct libvirt *virt, GError **error)
{
	struct domain **domains = NULL;
	int n = virt->call.ConnectListAllDomains(virt->connection, &domains, LIST_ACTIVE);

	if (n < 0) {
		fail(virt, "list the guests of", virt->uri, error);
		return NULL;
	}
	GPtrArray *list = g_ptr_array_new_with_free_func(free_domain);
	for (int i = 0; i < n; i++) {
		struct libvirt_domain *domain = describe(virt, domains[i]);
		if (domain)
			g_ptr_array_add(list, domain);
	}
	free(domains);
	g_ptr_array_sort(list, compare_names);
	return list;
}

/* ---- changes ---- */

bool libvirt_define(struct libvirt *virt, const char *xml, GError **error)
{
	struct domain *domain =
		virt->call.DomainDefineXMLFlags(virt->connection, xml, DEFINE_VALIDATE);

	if (!domain)
		return fail(virt, "define a guest on", virt->uri, error);
	virt->call.DomainFree(domain);
	return true;
}

/* Old libvirts, and drivers without UEFI or TPM, know fewer of these: they refuse what they do not
 * know and do nothing. */
static const unsigned undefine_flags[] = {
	UNDEFINE_KEEP_NVRAM | UNDEFINE_KEEP_TPM,
	UNDEFINE_KEEP_NVRAM,
	0,
};

bool libvirt_undefine(struct libvirt *virt, const char *name, GError **error)
{
	struct domain *domain = need_domain(virt, name, error);

	if (!domain)
		return false;
	int r = -1, code = ERROR_INVALID_ARG;
	for (size_t i = 0; r < 0 && code == ERROR_INVALID_ARG && i < G_N_ELEMENTS(undefine_flags);
	     i++) {
		r = virt->call.DomainUndefineFlags(domain, undefine_flags[i]);
		last_words(virt, &code);
	}
	bool ok = r == 0 || fail(virt, "undefine", name, error);
	virt->call.DomainFree(domain);
	return ok;
}

bool libvirt_start(struct libvirt *virt, const char *name, GError **error)
{
	struct domain *domain = need_domain(virt, name, error);

	if (!domain)
		return false;
	bool ok = virt->call.DomainCreate(domain) == 0 || fail(virt, "start", name, error);
	virt->call.DomainFree(domain);
	return ok;
}

/* Of the guest as it runs. */
static bool change_device(struct libvirt *virt, const char *name, const char *xml,
			  int (*change)(struct domain *domain, const char *xml, unsigned flags),
			  const char *what, GError **error)
{
	struct domain *domain = need_domain(virt, name, error);

	if (!domain)
		return false;
	bool ok = change(domain, xml, AFFECT_LIVE) == 0 || fail(virt, what, name, error);
	virt->call.DomainFree(domain);
	return ok;
}

bool libvirt_attach(struct libvirt *virt, const char *name, const char *xml, GError **error)
{
	return change_device(virt, name, xml, virt->call.DomainAttachDeviceFlags, "add a device to",
			     error);
}

bool libvirt_detach(struct libvirt *virt, const char *name, const char *xml, GError **error)
{
	return change_device(virt, name, xml, virt->call.DomainDetachDeviceFlags,
			     "take a device from", error);
}
