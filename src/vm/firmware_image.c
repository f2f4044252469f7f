/* See firmware.h: the images themselves, whoever tells of them. */
#include "vm/firmware.h"

void firmware_assume(const struct firmware_wish *wish, struct firmware_image *ret)
{
	*ret = (struct firmware_image){
		.code = g_strdup(wish->secure_boot ? "/usr/share/OVMF/OVMF_CODE_4M.ms.fd"
						   : "/usr/share/OVMF/OVMF_CODE_4M.fd"),
		.vars = g_strdup(wish->secure_boot ? "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"
						   : "/usr/share/OVMF/OVMF_VARS_4M.fd"),
		.needs_smm = wish->secure_boot,
		.assumed = true,
	};
}

void firmware_image_clear(struct firmware_image *image)
{
	g_free(image->descriptor);
	g_free(image->code);
	g_free(image->code_format);
	g_free(image->vars);
	g_free(image->vars_format);
	*image = (struct firmware_image){ 0 };
}
