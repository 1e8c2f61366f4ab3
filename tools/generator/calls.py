"""The typed REST calls that schema/rest stands for: their bodies and queries, the methods of rest_api, and the JSON that they send.
Not here: reading answers (cpp.py makes the readers), limits and sending (src/rest, src/bot)."""
import os
import re
import tomllib
from dataclasses import dataclass, field

from . import cpp
from . import schema as shape

HOME = 'include/shoal/rest'
BY_HAND = ('sending',)   # Families that are written by hand.
SOURCES = 'src/bot/rest'
PARAMETER = re.compile(r'\{(\w+)(?::(\w+))?\}')
# What may stand in a path besides ids: C++ type of the parameter, and how it is written into the path.
IN_PATH = {'text': ('std::string', 'encoded({})'), 'emoji': ('reaction_emoji', 'encoded({}.written())'), 'u64': ('std::uint64_t', '{}'),
           'u32': ('std::uint32_t', '{}')}
# Types of fields that only bodies have.
SENT = {'text': 'std::string', 'json': 'std::string', 'time': 'std::chrono::sys_time<std::chrono::milliseconds>', 'image': 'image'}


@dataclass
class sent:
    """A field of a body or a query."""
    name: str
    type: str      # C++
    how: str       # plain, any_id, json, list, body or bodies
    must: bool
    clears: bool
    doc: str
    key: str


@dataclass
class body:
    name: str
    doc: str
    page: str
    query: bool
    fields: list


@dataclass
class call:
    name: str
    method: str
    path: str
    parameters: list   # (type, name, how it is written)
    body: str
    query: str
    gives: str
    at: str
    doc: str
    reason: bool
    repeat: bool
    files: bool
    pages: dict


@dataclass
class group:
    name: str
    doc: str
    uses: list
    bodies: list = field(default_factory=list)
    calls: list = field(default_factory=list)


def type_of(written, bodies, known, where):
    """(C++ type, how) of a field's type without its mark."""
    if written.startswith('[') and written.endswith(']'):
        inner, how = type_of(written[1:-1], bodies, known, where)
        return f'std::vector<{inner}>', 'bodies' if how == 'body' else 'list'
    if written in bodies:
        return written, 'body'
    if written == 'any_id':
        return 'std::uint64_t', 'any_id'
    if written == 'json':
        return 'std::string', 'json'
    if written in SENT:
        return SENT[written], 'plain'
    kind = shape.parse_type(known, written, where)
    if kind.base == 'entity' or kind.wrap:
        raise shape.mistake(f'{where}: "{written}" cannot be sent')
    return cpp.element(kind), 'plain'


def fields_of(told, bodies, known, where):
    out = []
    names = {each[0] for each in told}
    for each in told:
        name, written, doc = each[:3]
        mark = written[-1] if written[-1] in '!?' else ''
        type_, how = type_of(written[:-1] if mark else written, bodies, known, f'{where}.{name}')
        if re.search(r'(?<![:\w])(\w+)', type_)[1] in names:
            type_ = f'shoal::{type_}'
        out.append(sent(name, type_, how, mark == '!', mark == '?', shape.check_doc(doc, f'{where}.{name}'), each[3] if len(each) == 4 else name))
    return out


def parameters_of(path, where):
    out = []
    for name, kind in PARAMETER.findall(path):
        if kind:
            if kind not in IN_PATH:
                raise shape.mistake(f'{where}: there is no path parameter of type "{kind}"')
            out.append((IN_PATH[kind][0], name, IN_PATH[kind][1].format(name)))
        elif name.endswith('_id') and name[:-3] in shape.IDS:
            out.append((f'shoal::{name}', name[:-3], f'{name[:-3]}.value()'))
        else:
            raise shape.mistake(f'{where}: "{name}" is no id; write {{{name}:text}}')
    return out


def load(folder, entity_known):
    """`entity_known` is what schema.load found."""
    known = {'enums': {each.name for each in entity_known.constants.values() if not each.flags},
             'flags': {each.name for each in entity_known.constants.values() if each.flags}, 'entities': set(entity_known.entities)}
    out = []
    for name in sorted(os.listdir(folder)):
        if name == 'routes.toml' or not name.endswith('.toml'):
            continue
        with open(os.path.join(folder, name), 'rb') as file:
            try:
                told = tomllib.load(file)
            except tomllib.TOMLDecodeError as why:
                raise shape.mistake(f'rest/{name}: {why}') from None
        one = group(told['family'], shape.check_doc(told['doc'], name), told.get('uses', []))
        names = set(told.get('body', {})) | set(told.get('query', {}))
        for table, is_query in (('body', False), ('query', True)):
            for each, what in told.get(table, {}).items():
                one.bodies.append(body(each, shape.check_doc(what['doc'], each), what.get('page', ''), is_query, fields_of(what['fields'], names, known, each)))
        for what in told.get('call', []):
            where = f'rest/{name}: {what["name"]}'
            method, path = what['does'].split(' ')
            for used in (what.get('body', ''), what.get('query', '')):
                if used and used.strip('[]') not in names:
                    raise shape.mistake(f'{where}: there is no "{used}"')
            one.calls.append(call(what['name'], method, path, parameters_of(path, where), what.get('body', ''), what.get('query', ''),
                                  what.get('gives', ''), what.get('at', ''), shape.check_doc(what['doc'], where), what.get('reason', False),
                                  what.get('repeat', False), what.get('files', False), what.get('pages', {})))
        out.append(one)
    seen = set()
    for each in (each.name for one in out for each in (*one.bodies, *one.calls)):
        if each in seen:
            raise shape.mistake(f'rest: {each} stands there twice')
        seen.add(each)
    return out


# ---- C++ ---------------------------------------------------------------------------------------------------------------------

def given(each, known, where):
    """(C++ type of the answer, template argument of the reader)."""
    what = each.gives
    if not what:
        return 'void', ''
    if what in ('text', 'json'):
        return 'std::string', ''
    if what == 'number':
        return 'std::uint64_t', ''
    inner = what[1:-1] if what.startswith('[') else what
    if inner not in known.entities:
        raise shape.mistake(f'{where}: there is no entity "{inner}"')
    return (f'owned_list<{inner}_view>' if what.startswith('[') else f'owned<{inner}_view>'), f'{inner}_view'


def stored(each):
    if each.must:
        return each.type
    return f'clearable<{each.type}>' if each.clears else f'std::optional<{each.type}>'


def arguments(each, defaults):
    out = [f'{type_} {name}' for type_, name, _ in each.parameters]
    if each.body:
        type_ = f'std::vector<{each.body[1:-1]}>' if each.body.startswith('[') else each.body
        out.append(f'{type_} what' + (' = {}' if defaults and optional_body(each) else ''))
    if each.files:
        out.append('std::vector<file> files' + (' = {}' if defaults else ''))
    if each.query:
        out.append(f'{each.query} which' + (' = {}' if defaults else ''))
    return ', '.join(out)


def optional_body(each):
    return each.query or each.files


def page_arguments(each):
    return ', '.join([f'{type_} {name}' for type_, name, _ in each.parameters])


def header(one, known):
    out = cpp.head(None, f'REST calls: {one.doc[0].lower()}{one.doc[1:]}', 'when they go out, and what is common to all of them (rest.hpp).')
    out[-2] = f'// {cpp.MARK}rest/{one.name}.toml; change it there.'
    out += ['#include <chrono>', '#include <cstdint>', '#include <optional>', '#include <string>', '#include <vector>', '',
            '#include "shoal/detail/rest_home.hpp"', '#include "shoal/file.hpp"', '#include "shoal/image.hpp"', '#include "shoal/owned.hpp"',
            '#include "shoal/pages.hpp"', '#include "shoal/rest/parts.hpp"']
    out += [f'#include "shoal/models/{each}.hpp"' for each in one.uses]
    out += ['', 'namespace shoal {', 'inline namespace v0 {', '']
    for each in one.bodies:
        out += [*cpp.wrapped('///', each.doc + (f' Source: {cpp.DOCS}{each.page}' if each.page else '')), f'struct {each.name} {{']
        out += [f'{stored(told)} {told.name}{"" if told.must and told.type.startswith("std::vector") else " = {}"};  ///< {told.doc}' for told in each.fields]
        out += ['};', '']
    out += [*cpp.wrapped('///', f'{one.doc} Part of bot.rest().'), f'class {one.name}_calls : public virtual detail::rest_home {{', 'public:']
    for each in one.calls:
        type_, _ = given(each, known, each.name)
        out += cpp.wrapped('///', f'{each.doc} {each.method} {PARAMETER.sub(shown, each.path)}.' + (' Takes reason().' if each.reason else ''))
        out.append(f'[[nodiscard]] call<{type_}> {each.name}({arguments(each, True)}) const;')
        if each.pages:
            view = given(each, known, each.name)[1]
            out += cpp.wrapped('///', f'The same, all of them, {each.pages["most"]} at a time while they are read.')
            out.append(f'[[nodiscard]] pages<{view}> {each.pages["name"]}({page_arguments(each)}) const;')
    out += ['};', '', '}  // namespace v0', '}  // namespace shoal', '']
    return '\n'.join(out)


def shown(match):
    return '{' + match[1].removesuffix('_id') + '}'


def put(told, writer, access):
    """Statements that write one field of a body."""
    value = access if told.must else f'*{access}' if not told.clears else f'{access}.value()'
    key = f'"{told.key}"'
    if told.how == 'json':
        line = f'{writer}.raw_field({key}, {value});'
    elif told.how == 'any_id':
        line = f'{writer}.key({key}).quoted_integer({value});'
    elif told.how == 'list':
        line = f'put_list({writer}, {key}, {value});'
    elif told.how == 'body':
        line = f'{writer}.key({key}); write({writer}, {value});'
    elif told.how == 'bodies':
        line = f'{writer}.key({key}).begin_array(); for (const auto& each : {value}) write({writer}, each); {writer}.end_array();'
    else:
        line = f'put({writer}, {key}, {value});'
    if told.must:
        return [line]
    if told.clears:
        return [f'if ({access}.is_cleared()) {{ {writer}.field({key}, nullptr); }} else if ({access}.is_set()) {{ {line} }}']
    return [f'if ({access}) {{ {line} }}']


def source(one, known):
    out = [f'// REST calls of schema/rest/{one.name}.toml: their routes, and the JSON that they send.',
           '// Not here: how a value is written (put.hpp), sending (typed_call.hpp).', f'// {cpp.MARK}rest/{one.name}.toml; change it there.', '',
           '#include <fmt/format.h>', '', '#include "bot/rest/put.hpp"', '#include "bot/rest/typed_call.hpp"', '#include "shoal/rest.hpp"', '',
           'namespace shoal {', 'inline namespace v0 {', '', 'using namespace shoal::runtime::sending;', '',
           '// Beside their types, where the templates that write bodies look for them.']
    for each in one.bodies:
        if not each.query:
            out.append(f'static void write(json_writer& out, const {each.name}& what);')
    for each in one.bodies:
        if each.query:
            out += [f'static std::string written(const {each.name}& which) {{', 'query_writer out;',
                    *[f'out.put("{told.key}", which.{told.name});' for told in each.fields], 'return std::move(out).take();', '}', '']
        else:
            out += [f'void write(json_writer& out, const {each.name}& what) {{', 'out.begin_object();']
            for told in each.fields:
                out += put(told, 'out', f'what.{told.name}')
            out += ['out.end_object();', '}', '']
    for each in one.calls:
        type_, view = given(each, known, each.name)
        out.append(f'call<{type_}> {one.name}_calls::{each.name}({arguments(each, False)}) const {{')
        template = PARAMETER.sub('{}', each.path)
        values = ', '.join(how for _, _, how in each.parameters)
        path = f'fmt::format("{template}", {values})' if values else f'"{template}"'
        if each.query:
            path += ' + written(which)'
        parts = [f'.method = "{each.method}"', f'.path = {path}']
        if each.body:
            parts.append('.json = list_of(what)' if each.body.startswith('[') else '.json = body_of(what)')
        if each.files:
            parts.append('.files = std::move(files)')
        if each.at:
            parts.append(f'.at = "{each.at}"')
        if view and any(type_ == 'shoal::guild_id' for type_, _, _ in each.parameters):
            parts.append('.guild = guild')
        if each.repeat:
            parts.append('.harmless_to_repeat = true')
        reader = f'ask_for_list<{view}>' if each.gives.startswith('[') else f'ask_for<{view}>' if view else \
            {'void': 'ask_for_nothing', 'std::string': 'ask_for_text'}.get(type_, 'ask_for_number')
        out += [f'return {reader}(home(), "{each.name}", {{{", ".join(parts)}}});', '}']
        if each.pages:
            told = each.pages
            names = ''.join(f', {name}' for _, name, _ in each.parameters)
            passed = ''.join(f'{name}, ' for _, name, _ in each.parameters)
            fixed = ', '.join([f'.limit = {told["most"]}'])
            out += [f'pages<{view}> {one.name}_calls::{each.pages["name"]}({page_arguments(each)}) const {{',
                    f'return {{call_home(), "{each.name}", {told["most"]}, [&bot = home(){names}](std::uint64_t last) {{',
                    f'{each.query} which{{{fixed}}};',
                    f'if (last != 0) which.{told["by"]} = decltype(which.{told["by"]})::value_type(last);',
                    f'return rest_api(bot).{each.name}({passed}which);', '},',
                    f'[](const {view}& each) {{ return each.{told["of"]}.value(); }}}};', '}']
        out.append('')
    return '\n'.join(out + ['}  // namespace v0', '}  // namespace shoal', ''])


def umbrella(groups):
    out = cpp.head(None, 'All typed REST calls, as what rest_api is made of.', 'the calls (the headers of this folder).')
    out[-2] = f'// {cpp.MARK}rest; change it there.'
    out += [f'#include "shoal/rest/{each}.hpp"' for each in (*BY_HAND, *(one.name for one in groups))]
    out += ['', 'namespace shoal {', 'inline namespace v0 {', 'namespace detail {', '', '/// Every family of calls.',
            'class all_rest_calls : ' + ', '.join(f'public {each}_calls' for each in (*BY_HAND, *(one.name for one in groups))) + ' {};', '', '}  // namespace detail',
            '}  // namespace v0', '}  // namespace shoal', '']
    return '\n'.join(out)


def routes(groups):
    """'METHOD /path/{}' -> the call that types it."""
    out = {}
    for one in groups:
        for each in one.calls:
            names = [f'rest_api::{each.name}'] + ([f'rest_api::{each.pages["name"]}'] if each.pages else [])
            out.setdefault(f'{each.method} {PARAMETER.sub("{}", each.path)}', []).extend(names)
    return out


def files(groups, known):
    out = {f'{HOME}/all.hpp': umbrella(groups)}
    for one in groups:
        out[f'{HOME}/{one.name}.hpp'] = header(one, known)
        out[f'{SOURCES}/{one.name}.cpp'] = source(one, known)
    return out
