/* dwarf_impl.h - what the files of the DWARF reader share; see dwarf.h */
#ifndef SYMBOLIZE_DWARF_IMPL_H
#define SYMBOLIZE_DWARF_IMPL_H

#include "base/vec.h"
#include "formats/profile_impl.h"
#include "formats/symbolize/dwarf.h"
#include "formats/symbolize/radix.h"
#include "formats/symbolize/rd.h"

/* clang-format off */
enum dw_tag {
	TAG_ARRAY_TYPE = 0x01, TAG_CLASS_TYPE = 0x02, TAG_ENUMERATION_TYPE = 0x04, TAG_COMPILE_UNIT = 0x11,
	TAG_STRUCTURE_TYPE = 0x13, TAG_SUBROUTINE_TYPE = 0x15, TAG_UNION_TYPE = 0x17, TAG_INLINED = 0x1d,
	TAG_SUBPROGRAM = 0x2e, TAG_PARTIAL_UNIT = 0x3c, TAG_CALL_SITE = 0x48, TAG_SKELETON_UNIT = 0x4a,
	TAG_GNU_CALL_SITE = 0x4109,
};

enum dw_attr {
	AT_SIBLING = 0x01, AT_NAME = 0x03, AT_STMT_LIST = 0x10, AT_LOW_PC = 0x11, AT_HIGH_PC = 0x12, AT_COMP_DIR = 0x1b, AT_PRODUCER = 0x25,
	AT_ABSTRACT_ORIGIN = 0x31, AT_DECL_LINE = 0x3b, AT_DECLARATION = 0x3c, AT_SPECIFICATION = 0x47, AT_ENTRY_PC = 0x52,
	AT_RANGES = 0x55, AT_CALL_FILE = 0x58, AT_CALL_LINE = 0x59, AT_LINKAGE_NAME = 0x6e, AT_STR_OFFSETS_BASE = 0x72,
	AT_ADDR_BASE = 0x73, AT_RNGLISTS_BASE = 0x74, AT_DWO_NAME = 0x76, AT_MIPS_LINKAGE_NAME = 0x2007,
	AT_GNU_DWO_NAME = 0x2130, AT_GNU_DWO_ID = 0x2131, AT_GNU_RANGES_BASE = 0x2132, AT_GNU_ADDR_BASE = 0x2133,
};

enum dw_form {
	FORM_ADDR = 0x01, FORM_BLOCK2 = 0x03, FORM_BLOCK4, FORM_DATA2, FORM_DATA4, FORM_DATA8, FORM_STRING, FORM_BLOCK,
	FORM_BLOCK1, FORM_DATA1, FORM_FLAG, FORM_SDATA, FORM_STRP, FORM_UDATA, FORM_REF_ADDR, FORM_REF1, FORM_REF2,
	FORM_REF4, FORM_REF8, FORM_REF_UDATA, FORM_INDIRECT, FORM_SEC_OFFSET, FORM_EXPRLOC, FORM_FLAG_PRESENT, FORM_STRX,
	FORM_ADDRX, FORM_REF_SUP4, FORM_STRP_SUP, FORM_DATA16, FORM_LINE_STRP, FORM_REF_SIG8, FORM_IMPLICIT_CONST,
	FORM_LOCLISTX, FORM_RNGLISTX, FORM_REF_SUP8, FORM_STRX1, FORM_STRX2, FORM_STRX3, FORM_STRX4, FORM_ADDRX1,
	FORM_ADDRX2, FORM_ADDRX3, FORM_ADDRX4, FORM_GNU_ADDR_INDEX = 0x1f01, FORM_GNU_STR_INDEX = 0x1f02,
	FORM_GNU_REF_ALT = 0x1f20, FORM_GNU_STRP_ALT = 0x1f21,
};

enum dw_unit_type { UT_COMPILE = 1, UT_TYPE, UT_PARTIAL, UT_SKELETON, UT_SPLIT_COMPILE, UT_SPLIT_TYPE };
/* clang-format on */

enum {
	DW_DEPTH = 1024, /* of entries inside entries; deeper units are broken */
	DW_CHAIN = 16,   /* of references from an entry to what it is an instance of */
	DW_AGAIN = 16,   /* how often on average a byte of a section may be read */
	DW_NO_NODE = UINT32_MAX,
};

/* ---- dwarf_form.c: abbreviations and attributes ---- */

struct dw_spec {
	uint16_t name, form;
	int8_t size; /* bytes, or -1 when they say so themselves */
	int64_t constant;
};

enum dw_barren {
	BARREN_NOT,
	BARREN_OUTSIDE, /* no code is below it, when it is outside of functions and GCC wrote it */
	BARREN_ALWAYS,
};

struct dw_abbrev {
	uint64_t code;
	uint16_t tag;
	bool children;
	bool has_code;     /* has an attribute that says where code lies */
	uint8_t barren;    /* enum dw_barren */
	uint32_t first, n; /* specs */
	int32_t fixed;     /* bytes of all attributes, or -1 when they vary */
	int32_t sibling;   /* where in those it says where the next entry that is not below it is, or -1 */
};

struct dw_abbrevs {
	uint64_t off;
	uint8_t addr_size, off_size;
	bool old; /* DWARF 2: references between units are as wide as addresses */
	struct dw_abbrev *p;
	uint32_t n;
	bool dense; /* p[code - 1] */
	struct dw_spec *specs;
};

enum dw_class {
	CLASS_NONE,
	CLASS_UINT,
	CLASS_ADDR,
	CLASS_ADDRX,
	CLASS_STR,
	CLASS_STRP,
	CLASS_STRX,
	CLASS_REF,
	CLASS_REF_ALT,
	CLASS_RNGLISTX
};

struct dw_value {
	enum dw_class class;
	uint64_t u;   /* CLASS_REF: offset in the section; CLASS_STRP: in s */
	struct str s; /* CLASS_STR: the text; CLASS_STRP: the table that it is in */
};

struct dw_unit;

const struct dw_abbrevs *dw_abbrevs_at(struct dw_unit *u, struct err *e);
const struct dw_abbrev *dw_abbrev_of(const struct dw_abbrevs *t, uint64_t code);
void dw_read(struct rd *r, const struct dw_unit *u, const struct dw_spec *s, struct dw_value *v);
void dw_skip_one(struct rd *r, const struct dw_unit *u, const struct dw_spec *s);
/* Passes over the attributes; returns where the entry behind those below it is, 0: nobody says so. */
uint64_t dw_skip(struct rd *r, const struct dw_unit *u, const struct dw_abbrevs *t, const struct dw_abbrev *b);
struct str dw_text(const struct dw_unit *u, const struct dw_value *v);
bool dw_address(const struct dw_unit *u, const struct dw_value *v, uint64_t *addr);

/* ---- dwarf_line.c: line programs ---- */

struct dw_row {
	uint64_t addr;
	uint32_t file, line; /* file DW_NO_NODE: the end of a sequence */
};

struct dw_file_name {
	struct str name, path; /* path: put together when it is first asked for */
	uint32_t dir;
};

struct dw_lines {
	uint64_t off;
	struct dw_row *rows;
	uint32_t n_rows;
	struct dw_file_name *files;
	uint32_t n_files;
	struct str *dirs;
	uint32_t n_dirs;
	bool five; /* files and folders count from 0, the folder 0 is written down */
};

/* The program that the unit names: from those read before, or read now. NULL: broken, see dwarf.trouble. */
struct dw_lines *dw_lines_of(struct dw_unit *u);
struct str dw_path(struct dw_unit *u, struct dw_lines *l, uint32_t file);
const struct dw_row *dw_row_at(const struct dw_lines *l, uint64_t addr);

/* ---- dwarf_unit.c: units and ranges ---- */

struct dw_span { /* sorted, do not overlap; node DW_NO_NODE: a gap */
	uint64_t from;
	uint32_t node;
};

struct dw_spans {
	struct dw_span *p;
	uint32_t n;
};

struct dw_range {
	uint64_t from, to;
	uint32_t node;
};

struct dw_node {         /* a function or an inlined call; there are millions */
	uint64_t entry;  /* the lowest address */
	uint32_t die;    /* from the beginning of the unit */
	uint32_t parent; /* DW_NO_NODE: a function */
	uint32_t call_file, call_line;
	uint32_t names; /* its place in dwarf.names, from 1; 0: not looked up yet */
};

struct dw_names { /* of a node that was asked for */
	struct str name, linkage;
	uint32_t start_line;
};

struct dw_sections {
	struct str info, abbrev, line, str, line_str, ranges, rnglists, addr, str_offsets;
};

struct dw_part { /* one .debug_info with what belongs to it */
	struct dwarf *d;
	struct dw_sections s;
	bool big, split;
	struct dw_unit *units;
	uint32_t n_units;
	VEC(struct dw_abbrevs *) abbrevs;
	VEC(struct dw_lines *) lines;
	uint64_t abbrev_work, line_work; /* bytes that may still be read */
};

enum dw_state { STATE_NEW, STATE_READ, STATE_BROKEN };

struct dw_unit {
	struct dw_part *part;
	uint64_t off, end, first; /* header, behind the unit, first entry: in .debug_info */
	uint64_t abbrev_off;
	uint16_t version, tag;
	uint8_t addr_size, off_size, type;
	bool has_low, has_high, has_ranges, has_line, by_gcc;
	const struct dw_abbrevs *abbrevs;
	uint64_t str_offsets_base, addr_base, rnglists_base, ranges_base, line_off, dwo_id;
	struct dw_value low, high, ranges;
	uint64_t low_pc;
	struct str name, dir, dwo_name;
	struct dw_unit *skeleton; /* of a split unit */
	struct dw_unit *tree;     /* where the entries are: itself or the split unit */
	enum dw_state state;      /* of nodes and lines */
	struct dw_node *nodes;
	uint32_t n_nodes;
	struct dw_spans spans;
	struct dw_lines *lines;
};

struct dw_range_list { /* a vec.h array */
	struct dw_range *p;
	size_t n, cap;
};

struct dwarf {
	struct arena *a;
	const struct elf *elf;
	struct dwarf_opts o;
	struct dw_part main, alt;
	VEC(struct dw_part *) parts; /* of split units */
	struct elf package;
	bool has_package;
	struct str package_index; /* empty until a split unit is asked for */
	struct dw_sections package_all;
	struct dw_spans units; /* node: a unit of main */
	uint64_t range_work;   /* ranges that may still be read */
	VEC(struct dw_names) names;
	bool troubled;
	struct err trouble;
	/* scratch of a unit that is being read */
	struct dw_range_list ranges;
	VEC(struct dw_node) nodes;
	VEC(struct dw_row) rows;
	VEC(struct keyed) keys;
	VEC(struct dw_span) flat;
	VEC(uint32_t) stack;
};

int dw_part_units(struct dw_part *p, struct err *e); /* finds the units and reads their first entries */
struct dw_unit *dw_unit_at(struct dw_part *p, uint64_t off);
void dw_find_split(struct dw_unit *u); /* sets u->tree */
/* Adds the ranges of an entry; the attributes are NULL when it has none. */
void dw_ranges(struct dw_unit *u, const struct dw_value *low, const struct dw_value *high,
    const struct dw_value *ranges, uint32_t node, struct dw_range_list *out);
/* Sorts ranges into spans: where they overlap, the inner one counts. */
void dw_flatten(struct dwarf *d, struct dw_range_list *in, struct dw_spans *out);
uint32_t dw_span_at(const struct dw_spans *s, uint64_t addr); /* the node, or DW_NO_NODE */
/* The first trouble is kept. */
void dw_trouble(struct dwarf *d, const struct dw_unit *u, const struct err *e);
int dw_sections_read(struct dwarf *d, const struct elf *f, bool dwo, struct dw_sections *s, struct err *e);

/* ---- dwarf_tree.c: functions and inlined calls ---- */

void dw_read_tree(struct dw_unit *u); /* u->nodes, u->spans */
/* Until the next call. */
const struct dw_names *dw_names_of(struct dw_unit *u, struct dw_node *n);

#endif
