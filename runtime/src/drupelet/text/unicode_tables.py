"""Tables of Unicode 15.1.0. Written by ``tools/unicode_tables.py``; do not edit."""

CLASSES = ("letters", "alphanumeric", "decimal", "marks", "cased", "case_ignorable")
"""Class n is bit n of a run."""
SPACES = (
    (0x9, 0xD),
    (0x1C, 0x20),
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
"""White space (``str.isspace``), both ends included."""

CLASS_RUNS = (
    "eNp9WEuMHUcVvX1vf6r7ved5Mz2erz3Tdo/H5c/Y4z8mKBhMjKKgEAlhBAsEQoCASIR1WERRhBfJggUfiUUWEGXBKmwAswoQhBAgBYl4hVDEAhZEU"
    "dgACxacc6vfeCaKvKh51d1Vt+7n3HtuzUnJuhIjk6bkbK01f8q6tXYnzVod3qioYtZmol2m/DXNZBm/mxi/xgvL29xe52S9Xejzbtwf6oq+6rIe+/"
    "r57qmYt5wrZfbWUnpOaW3WpadMFjE+gfE8H6r4Mn+2fX0BHU61QXYiVmLoMLIYZN1yyY1ajqTsGhnxfWfSWdY3djg2Jc6xLH6Ba6yKtKiM2nN/HtW"
    "a0gxn2BxtxboNW48qnzbIsUPwzTGrsTqHFliFL0uWx6yvMQyjiAuyahZzGVkhKwZPGr1USoinoMEKzutiFq5CchYwzEKIOWYaqE1jCpmIAOTPmb+V"
    "AH3UeBLc4FobLOTp3A2dRQMHn4Nkwe0TGyRxZ6m0KHN9ledKafkBmbo3XK5YUNhACRaBg1gln1pFidGg2WiQVPtZ2QFJxZ52RYoM1lG/5FcdNKvxV"
    "HrU3svK/XLcUwcsrVzqQUupX6lN2gELzfXK8auuO2WaD8MY0wPudzwHWpz0Qw4Extl0Akl8GwYLlzGmM8sYM/iGmHFdJKFG96wLUqmfOlh3X0bzLs"
    "uKMPMBrKO0UM5iMdiFpzBmNMLM26fwLUU/29M+A+LwLVQ680it9MNM+gKsBiI9YtS0MkY2x14b8ijgZMQXGkxkl5oDkQUl9CGyLpzc82SBsTLMG1+"
    "JDIBMvkdeI10zl5RbhzXL0J2SG03npEH/0y9biMQhRDNhpWCmyVYEOuJ1OWNKGwNwEmg/rW7KEjpxjti6F6BnMOThxL2Ns0LyLaLoUd32ilJ4BTvD"
    "OSrO79TBoUNKpfmp4ffYe3xDOsr1YX7TmBi1LKoBElO5DcElCuZb/DiPRWuIxWNEGuBV0fPQv5aWUQsjPGscy2SIJeeX/UsVgyNyxJxjjaE9Qnsbn"
    "SfauizyqUdErkAuUBSPW4r8LWtkkxKBTGRoSOguEdsGEjY8NiM5C1+vGWOR6QmgkT5lJK4MOVal6LgWAbsb5oSf2ZTIhz7IZrwgjMh5r2BFHBDM9b"
    "C3KeeljmPPzg3znGXMoAUr61nfo55V/g6o3kIBDL4qMOvgEWpborrWbYVowdHt1DNt4vqhDsXSEZc5Ggo5236wn4BNjrcn+hvxe+qxUKcK/oaBTmZ"
    "jE++ukFFaUpg53VT4zX09HNhN8MRj+V67sRRdQAlvnPg4iu4CBgBO8utZXgGtvtFSJv0lORbnncwItsbPNCna8oAOID+cBVOwJgcwC1+P8qIdsKFt"
    "ofcK+YCuyeXpkv47lw19K8g3W+2/DEF5C8+1yA89iOz3ARFgDcRr2WqH7oNGF89j9RsEGmCmq1Jr7mWigEWgc7zN5TYLWtROuUY+Q3j1dPkZzD5LG"
    "kK57WwXOdABohsSkOBzyvlJ/L6q8uoluyHffQm7+/8EuynRI/sCgtczc0hPi3KO/QILBsHXH2lJxoCzajwky13da/c4wov2AjN4zh6CwTp4smhXoB"
    "OeDDq2MMzJiSBZtgS9nGVcSAyXDcAMF22K942n1UIkTSRqIMyPGKCItBg5NI8ygQeo6wBlAzkg1thbEMx9DRsKL8ilf+eomdakDYLdz5nC3uEkh/5"
    "FSyTCEl94KefzCrWAe0Y2FDtxq7CjYcEbxv3QopR1eV8nv8gTbW+J0FK59yT201/6FAxfRjgv2HMflrfJsl+1bYAb0CZ2aDrETYa6nu3rB560+W4q"
    "/1RbkBvYdtWiE+eUBQqZMY3Hh6xY8613yAFZVz2glxyRL/odGLYJh9w3C6Aj93aHkYA5DmENzVAxkx5z+H7IjsvTsGRHx3Id9VD1Gwjts5nH6QIbt"
    "riuOfCYKyozMI0IIDO3rQCJsQCSaEg4hZ6Gtx635J0t5B4HQusIGQFVc6k+OMoOPt+Un4Hr0KU0ELUiJbjuNEbdP+I20Hdnh06DvgAIkRT8W+kmDq"
    "h1d7AJSa9L6FdYj28hd1GvVW2KnD6nhIZzISptPrDEUaccgrnWZT6pG45ko0lHjP1aoVOEqIF2PLXFGUEXwL6VPiGP2jW51E4wKiQDXOH19mWVTQg"
    "67TTE5ugxHHIUucdWcgl5kOs66CqPp+WwVbooLC0Jw1dsDk3goiLEjuMMX5gtO6kpJYIRTiqcKueqN48l1mwZaSO1FCQ5tr6BpOYNWO3ksQspNbOO"
    "7XxMaMZJDs8cp5JEM7baTiOJVkpxWogP7+PtzHm7wdnMYjbbhWuhD2g6vWX1XMpDajktzFrDgqSLpwreKuLzGZjTnL/MmTC3IhmFMrQhNKJM770Ua"
    "Uz9k3s+g0apfZ99XGZvgYzaHUQOZIkNSJpym1V3oOZyuDzQo1dx5SE0UqNUAAaoqoBVZXeJRbqRYr4oN1p2hGM3mtgMg8ErVqbeM3XqqSv1QjWGqF"
    "u+/uTspuF3lRSGLKzjbxOjuTqOKN7AMi+FFs/ZZM+ABeDvjnrrecJSmzGzYQ6HtJoydMkjXfk2jkf3orINobZ32au8YgZJrWBa0Rkbab8Khmyff36"
    "q3nehd/awZoF17jiCWBDww9IJFt7228lhPSM/qOxL8nWUmNcy+8OifB6vXwk27dh5zMUfb8pvc7t7U+7mOIA9F9X4+PDrnRYSYxe9cy15P/YOnneB"
    "w8BGa68UCMSyfgXtYe5XgGsBl6s46W8Iaj3ZmFcrsMx/zwMn92o7Da/94xFIghQMLvqRstrZ0eHScQi4CfKC2XML8jUcMkHxqWk7rzu8onR/2ZJzJ"
    "Lb4IttCXunKEDpyXRU3cPp32Dc+jbQaYzwpq3onk0+i3n3Ua556e6Heq2QyHpiX9fBD3sukHovPR4bephj6Hr77MzeuYrI6/H/gQb8Bay+Wz+RyDT"
    "i+6IAC38Yl4eVgLr4e2FLZIrqgsn0jXTPm3YoUeVb6h/tj2PGUoA7hfdXrUGV+qYhNhuYMPTBKyT1D3qDJxvTvhcMs3+OaTH7DBKm1iqfkIy2k98y"
    "q75fykKb/deT6MfAQm51fpY3rw+ZsIIFmEJhSpfSqle09D43/vvXvHrNv+VCZ8n3yKHs+Xfa8Ws3ba7lMtJe1aTmMf4EMuneYWt8K8uYfFf3ZLzqo"
    "8VfKfHYHkPnJ+4Ght3P7YSsv5va3kfweRClvdvann59Bvd6Qz3XPZPJOFr/9v5H8H+5q83w="
)
"""Pairs, from code point 0 on: the length of a run of equal classes, and their bits."""

LOWER_RUNS = (
    "eNo1UU1oU0EQnvl289IXkvdjiwYsMeKhRZoIQUUQw1NEIcgjB88mogehB+lBvWlrKQUFLyYeioZQxca0iGhRRIQnIoLiDxS85upBKQoeREKcfaGw+"
    "83w7Tff7sweLQXXpoJsOpjch1ICSRd+AUX6xZzACD1QrKDprmICsKRAUNRipoYwd2KWliS05OShxGVD6TjtCrWmxMWi9aFwXalhiM2eKhjr58MKuU"
    "vHoi30MSpLEiN6Izde5AlM0jzgI0vfOhzr3oHpa4dj3wVxuiH0LWYbXTG3CDZ95ySdgq5ommXgqsoH27xgijx7B8bpSlyYESul56FybfbKQXU39h7"
    "AQcpxBm4NZyv1ze2VaGaCohlL9kaixe2erqa8tn96UCzoQfEtmowWU/8yarjguF7K9Zx4pVw/6bqOm3e2GLjAbQb5aWuVtQRDvGfHhJ7wmTQG8tB/"
    "RtIFvbykqX9duro5J40cKubyewjPrNL+D86Zet28/ueKnH48zPRphZWZ9gszm7+GfW2yVx2Ofw02+pKew7RCkvD5NxcQ7MSydOkdwUkz5sWOltFlj"
    "OuXRkLJBEcxRovNBNM9A00DcwaEA91vSLZh4JGByGEXHtWYFoxks2P+ziZYCrsIa4+5FPTssPqET1QjHgvT46GXDkcQ/sicn+V2thy0V7kcRH/42P"
    "H/aitxVQ=="
)
"""Triples: how far a run starts behind the last one; (count - 1) * 2 + stride - 1; and the distance of the lower case:
twice, or, where it is negative, twice its size less 1."""
