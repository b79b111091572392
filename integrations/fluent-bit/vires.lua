-- Fluent Bit filter: adds `nhi` to each record by calling libvires_ffi.so in the process of Fluent Bit itself.
-- The names come from vires.h. Needs the LuaJIT that Fluent Bit is built with.
local ffi = require("ffi")

ffi.cdef[[
typedef struct ViresText { char *data; size_t length; } ViresText;
ViresText vires_nhi(const char *line, size_t length);
void vires_free(ViresText text);
]]

local vires = ffi.load(os.getenv("VIRES_FFI") or "/usr/local/lib/libvires_ffi.so")

-- The keys under which inputs put a line that they did not parse.
local RAW = { "log", "message", "MESSAGE", "msg" }

local ESCAPES = { ['"'] = '\\"', ['\\'] = '\\\\' }

local function quote(text)
    return '"' .. text:gsub('[%c"\\]', function(c) return ESCAPES[c] or string.format("\\u%04x", c:byte()) end) .. '"'
end

-- JSON of a record that is parsed already. Only vires reads it: the record itself is not touched.
local function encode(value, depth)
    local kind = type(value)
    if kind == "string" then return quote(value) end
    if kind == "boolean" then return tostring(value) end
    if kind == "number" then
        if value ~= value or value == math.huge or value == -math.huge then return "null" end
        return value % 1 == 0 and string.format("%.0f", value) or string.format("%.17g", value)
    end
    if kind ~= "table" or depth > 60 then return "null" end
    local parts = {}
    if #value > 0 then
        for i, item in ipairs(value) do parts[i] = encode(item, depth + 1) end
        return "[" .. table.concat(parts, ",") .. "]"
    end
    for key, item in pairs(value) do
        parts[#parts + 1] = quote(tostring(key)) .. ":" .. encode(item, depth + 1)
    end
    return "{" .. table.concat(parts, ",") .. "}"
end

local UNESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- An escaped backslash is put aside first, so that what follows it is not taken for an escape. `vires` writes \u for control
-- characters only.
local function unescape(text)
    text = text:gsub("\\\\", "\\\0")
    text = text:gsub("\\u(%x%x%x%x)", function(hex) return string.char(tonumber(hex, 16) % 256) end)
    text = text:gsub("\\([^%z])", function(char) return UNESCAPES[char] or char end)
    return (text:gsub("\\%z", "\\"))
end

-- The object that vires writes is one level of words, numbers, booleans, lists of words and objects of numbers.
local function decode(json, at)
    at = json:find("%S", at)
    local first = json:sub(at, at)
    if first == '"' then
        local stop = at
        repeat
            stop = json:find('["\\]', stop + 1)
            local escaped = json:sub(stop, stop) == "\\"
            if escaped then stop = stop + 1 end
        until not escaped
        return unescape(json:sub(at + 1, stop - 1)), stop + 1
    end
    if first == "{" or first == "[" then
        local result, key = {}, nil
        at = at + 1
        while not json:find("^%s*[}%]]", at) do
            if first == "{" then
                key, at = decode(json, at)
                at = json:find(":", at, true) + 1
            end
            local item
            item, at = decode(json, at)
            result[key or #result + 1] = item
            at = json:match("^%s*,()", at) or at
        end
        return result, json:match("^%s*[}%]]()", at)
    end
    local word, stop = json:match("^([%w%.%+%-]+)()", at)
    if word == "true" or word == "false" then return word == "true", stop end
    return tonumber(word), stop
end

function nhi(tag, timestamp, record)
    local line
    for _, key in ipairs(RAW) do
        if type(record[key]) == "string" then
            line = record[key]
            break
        end
    end
    line = line or encode(record, 0)
    local answer = vires.vires_nhi(line, #line)
    if answer.data == nil then return 0, timestamp, record end
    local json = ffi.string(answer.data, answer.length)
    vires.vires_free(answer)
    record.nhi = decode(json, 1)
    return 2, timestamp, record
end
