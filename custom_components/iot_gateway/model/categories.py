"""Tuya's product categories, by the codes of the page "Standard instruction set" and of devices seen elsewhere.

https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq ; their names are in the translations,
under `device`.
"""

_CODES = """
dj xdd fwd dc dd gyd fsd tyndj tgq ykq sxd dsd hcdd mbd tyd qjdcz
kg tdq cz pc cjkg ckqdkg clkg ckmkzq tgkg fskg wxkg wkcz aqcz znjdq dlq
rs xfj bx yg xy kt ktkzq bgl ntq
sd qn kj lyj xxj cl mc wk wkf yb ggq jsq cs fs ks js dr cwtswsq cwwqfsq cwwsq cwysj sf dbl tnq msp mjj sz cwjwq
jdcljqr szjqr znjxs sjz hwsb sfkzq znrb bzyd hxd
bh mb kfj nnq cn mzj mg dcl yyj kqzg znfh dylg swtz
mal sp dghsxj sp_wnq sgbj rqbj ywbj wsdcg mcs zd sj ldcg ylcg sos pm2.5 pm25 cobj co2bj dgnbj jwbj jqbj voc pir hps hjjcy
qxj zwjcy szjcy ywcgq ms ms_category bxx gyms jtmspro jtmsbh hotelms mk videolock photolock
amy liliao ts tzc1 sb znyh
wg wg2 wfcon zjq wnykq
infrared infrared_tv infrared_ac infrared_fan infrared_light infrared_tvbox infrared_projector infrared_heater
infrared_waterheater infrared_airpurifier infrared_dvd infrared_amplifier infrared_camera infrared_stb infrared_switch
zndb znsb znnbq xnyjcn qccdz
ds tyy xktyd tracker qt
"""

CATEGORY_KEYS = frozenset(_CODES.split())
"""The codes of the categories that have a name."""

OUTLET_CATEGORIES = frozenset({"aqcz", "cz", "pc", "wkcz"})
"""The categories whose gangs are outlets."""

CURTAIN_CATEGORIES = frozenset({"cl", "clkg", "jdcljqr"})
"""The categories whose gangs are curtains."""

DOOR_CATEGORIES = frozenset({"ckmkzq"})
"""The categories whose gangs are doors."""

VALVE_CATEGORIES = frozenset({"ggq", "sfkzq"})
"""The categories whose gangs are valves."""
